import { join } from 'node:path';

import { ClassicLevel } from 'classic-level';

import { StoreInUseError } from '../store/errors.ts';
import { isLocked } from './database.ts';

/**
 * Keeps others out of a folder until {@link release} or the end of the process. The lock is that of a database with nothing in it: that of the
 * real one is not held while its files are looked at, and put in order.
 */
export class FolderLock {
  readonly #database: ClassicLevel;

  private constructor(database: ClassicLevel) {
    this.#database = database;
  }

  /** @throws {StoreInUseError} somebody has it */
  static async acquire(location: string): Promise<FolderLock> {
    const folder = join(location, 'lock');
    try {
      return new FolderLock(await openLock(folder, location));
    } catch (error) {
      if (error instanceof StoreInUseError) throw error;
    }
    // Its files are damaged, and none of them matters; LevelDB does not remove them when somebody has them.
    await ClassicLevel.destroy(folder);
    return new FolderLock(await openLock(folder, location));
  }

  release(): Promise<void> {
    return this.#database.close();
  }
}

async function openLock(folder: string, location: string): Promise<ClassicLevel> {
  const database = new ClassicLevel(folder);
  try {
    await database.open();
    return database;
  } catch (error) {
    throw isLocked(error) ? new StoreInUseError(location, error) : error;
  }
}
