import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { liveTables } from './salvage/live-tables.ts';
import { isIntact } from './salvage/table-file.ts';
import { syncFolder } from './sync-folder.ts';

/** Files of a database that have nothing in them, or change in their place. */
const OF_NO_USE = /^(LOCK|LOG|LOG\.old)$/;

/**
 * The folder of a store.
 *
 * | name           | what it is                                                                                         |
 * | -------------- | -------------------------------------------------------------------------------------------------- |
 * | `jobs`         | the database                                                                                       |
 * | `jobs.keeping` | the next while it is not complete                                                                  |
 * | `jobs.before`  | its files as they were before it was opened, until nothing is found to be wrong with them          |
 * | `jobs.forgotten` | the same when nothing is, while it is removed                                                        |
 * | `jobs.new`     | a database that is being made of what could be read of a damaged one                               |
 * | `jobs.ready`   | the same when it is done, until it has taken the place of the other                                |
 * | `jobs.damaged` | files of a database that was damaged, for whoever wants to look; `jobs.damaged-2` and so on        |
 * | `ledger`       | what should be in the database                                                                     |
 * | `lock`         | keeps other servers out                                                                            |
 */
export class StoreFolder {
  readonly #location: string;
  readonly jobs: string;
  readonly before: string;
  readonly fresh: string;
  readonly ledger: string;
  readonly #ready: string;
  readonly #keeping: string;
  readonly #forgotten: string;

  constructor(location: string) {
    this.#location = location;
    this.jobs = join(location, 'jobs');
    this.before = join(location, 'jobs.before');
    this.fresh = join(location, 'jobs.new');
    this.#ready = join(location, 'jobs.ready');
    this.#keeping = join(location, 'jobs.keeping');
    this.#forgotten = join(location, 'jobs.forgotten');
    this.ledger = join(location, 'ledger');
  }

  /** Ends what a process that died has begun. */
  settle(): void {
    rmSync(this.fresh, { recursive: true, force: true });
    rmSync(this.#keeping, { recursive: true, force: true });
    rmSync(this.#forgotten, { recursive: true, force: true });
    if (existsSync(this.#ready)) this.#takeOver();
  }

  /**
   * Keeps the files of the database, whatever LevelDB does when it opens it: it removes the tables that its MANIFEST does not name, or writes others in
   * their place. Those that it does name are not written to any more, so another name is enough for them. What is left of an attempt that a
   * process has not survived stays: nothing was committed since.
   */
  keep(): void {
    if (!existsSync(this.jobs) || existsSync(this.before)) return;
    mkdirSync(this.#keeping);
    const live = liveTables(this.jobs);
    for (const name of readdirSync(this.jobs)) {
      if (OF_NO_USE.test(name)) continue;
      const number = tableNumber(name);
      const stays = number !== undefined && live?.has(number) === true;
      const put = stays ? linkOrCopy : copyFileSync;
      put(join(this.jobs, name), join(this.#keeping, name));
    }
    renameSync(this.#keeping, this.before);
  }

  /** What LevelDB would trip over, or make worse, in words; undefined when it can open the database. Files are those that were kept. */
  async findFault(): Promise<string | undefined> {
    const names = existsSync(this.before) ? readdirSync(this.before) : [];
    if (names.length === 0) return undefined;
    // It would begin anew, and remove all that there is.
    if (!names.includes('CURRENT')) return 'the file CURRENT is missing';
    const live = liveTables(this.before);
    if (live === undefined) return 'the files CURRENT and MANIFEST do not say what there is';
    for (const name of names) {
      const number = tableNumber(name);
      // Others were being written when the process was killed.
      if (number === undefined || !live.has(number)) continue;
      // LevelDB looks at no checksum of a table, and aborts the process over some that are damaged.
      if (!isIntact(await readFile(join(this.before, name)))) return `${name} is damaged`;
    }
    return undefined;
  }

  /** Nothing is wrong with the database. */
  forget(): void {
    if (!existsSync(this.before)) return;
    // In one step: what a killed process has left of it half removed would be taken for a database that is damaged.
    renameSync(this.before, this.#forgotten);
    syncFolder(this.#location);
    rmSync(this.#forgotten, { recursive: true, force: true });
  }

  /** Has the new database take the place of the damaged one. Returns where the files of that are; undefined when there were none. */
  replace(): string | undefined {
    const aside = this.#setAside();
    renameSync(this.fresh, this.#ready);
    syncFolder(this.#location);
    this.#takeOver();
    return aside;
  }

  #setAside(): string | undefined {
    if (!existsSync(this.before)) return undefined;
    const first = join(this.#location, 'jobs.damaged');
    let aside = first;
    for (let i = 2; existsSync(aside); i++) aside = `${first}-${i}`;
    renameSync(this.before, aside);
    if (existsSync(this.ledger)) copyFileSync(this.ledger, join(aside, 'ledger'));
    return aside;
  }

  #takeOver(): void {
    rmSync(this.jobs, { recursive: true, force: true });
    renameSync(this.#ready, this.jobs);
    syncFolder(this.#location);
  }
}

function tableNumber(name: string): number | undefined {
  const match = /^(\d+)\.(?:ldb|sst)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Not every file system has links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
