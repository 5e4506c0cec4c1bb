import type { StoreDamage } from '../store/job-store.ts';
import { levelReason, openDatabase, type Opened, readDatabase } from './database.ts';
import { findDamage } from './find-damage.ts';
import type { LedgerContents } from './ledger.ts';
import { decodeJob, idOf } from './record.ts';
import { salvage } from './salvage/salvage.ts';
import type { StoreFolder } from './store-folder.ts';

/** A database that is open, and what is wrong with it, or was. */
export interface OpenedStore {
  readonly opened: Opened;
  readonly damage: StoreDamage | undefined;
}

/** Bytes that are written to a new database at a time. */
const CHUNK = 1024 * 1024;

/**
 * Opens the database of a store whose lock is held, and compares it with the ledger. When something is wrong, a new one is made of all that can be
 * read of its files, and these are set aside.
 */
export async function openStore(folder: StoreFolder, ledger: LedgerContents | undefined): Promise<OpenedStore> {
  folder.settle();
  folder.keep();
  let why = await folder.findFault();
  if (why === undefined) {
    try {
      const opened = await readDatabase(folder.jobs);
      if (findDamage(opened, ledger, []) === undefined) {
        folder.forget();
        return { opened, damage: undefined };
      }
      await opened.database.close();
    } catch (error) {
      why = `LevelDB says: ${levelReason(error)}`;
    }
  }
  const repairs = await rebuild(folder, why);
  const opened = await readDatabase(folder.jobs);
  return { opened, damage: findDamage(opened, ledger, repairs) };
}

/** Makes a new database of what can be read of the files that were kept. Returns what was done, in words. */
async function rebuild(folder: StoreFolder, why: string | undefined): Promise<string[]> {
  const { records, losses } = await salvage(folder.before);
  const database = await openDatabase(folder.fresh);
  let foreign = 0;
  let changes = database.batch();
  let size = 0;
  for (const [key, value] of records) {
    if (idOf(key) !== undefined && decodeJob(key, value) === undefined) {
      foreign++;
      continue;
    }
    changes.put(key, value);
    size += value.length;
    if (size < CHUNK) continue;
    await changes.write();
    changes = database.batch();
    size = 0;
  }
  await changes.write({ sync: true });
  await database.close();
  const aside = folder.replace();
  const words = why === undefined ? [] : [why];
  words.push(...losses);
  if (foreign > 0) words.push(`${foreign} records are not as they were written`);
  if (aside !== undefined)
    words.push(`a new database was made of all that can be read, and the files as they were lie in ${aside}`);
  return words;
}
