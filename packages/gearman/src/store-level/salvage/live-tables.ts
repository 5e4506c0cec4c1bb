/*
 * The records of a MANIFEST say what tables have come and gone (LevelDB, db/version_edit.cc): fields, each behind its number (varint).
 *
 *   1 comparator: string                       6 a table that has gone: level, number
 *   2 number of the log: varint                7 a table that has come: level, number, size, first key, last key
 *   3 next number of a file: varint            9 number of the log before: varint
 *   4 last sequence: varint
 *   5 where compaction goes on: level, key
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Cursor } from './cursor.ts';
import { LogRecords } from './log-records.ts';

/** The numbers of the tables that a database in `folder` has by its MANIFEST; undefined when that cannot be read. */
export function liveTables(folder: string): ReadonlySet<number> | undefined {
  const current = join(folder, 'CURRENT');
  if (!existsSync(current)) return undefined;
  const manifest = join(folder, readFileSync(current, 'latin1').trimEnd());
  if (!/MANIFEST-\d+$/.test(manifest) || !existsSync(manifest)) return undefined;
  const live = new Set<number>();
  try {
    for (const record of new LogRecords(readFileSync(manifest))) applyEdit(new Cursor(record), live);
    return live;
  } catch {
    return undefined;
  }
}

function applyEdit(edit: Cursor, live: Set<number>): void {
  while (!edit.done) {
    const field = edit.varint();
    switch (field) {
      case 1:
        edit.string();
        break;
      case 2:
      case 3:
      case 4:
      case 9:
        edit.varint();
        break;
      case 5:
        edit.varint();
        edit.string();
        break;
      case 6:
        edit.varint();
        live.delete(edit.varint());
        break;
      case 7:
        edit.varint();
        live.add(edit.varint());
        edit.varint();
        edit.string();
        edit.string();
        break;
      default:
        throw new RangeError(`there is no field ${field} in a MANIFEST`);
    }
  }
}
