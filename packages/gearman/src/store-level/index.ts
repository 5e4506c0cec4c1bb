import { InvalidOptionError } from '@wirewright/core';
import { choiceOption, knownOptions } from '@wirewright/core/codec';

import type { JobStore } from '../store/job-store.ts';
import { LevelStore } from './level-store.ts';

export { StoreClosedError, StoreInUseError, StoreOpenError } from '../store/errors.ts';

/** Where the store is, and how safe a job is in it. */
export interface LevelStoreOptions {
  /** A folder for the store alone; made when it is not there. */
  readonly location: string;
  /**
   * Whether a commit waits until it is on the disk: `'always'`, or `'none'`, when the last jobs may be lost with the power, though not with the
   * process. Default `'always'`.
   */
  readonly sync?: 'always' | 'none' | undefined;
}

/**
 * A store for one job server, in a folder: LevelDB, by classic-level. Whatever is committed while a commit is on its way to the disk is in the
 * next one, together.
 *
 * ```ts
 * const server = new JobServer({ store: levelStore({ location: '/var/lib/jobs' }) });
 * ```
 *
 * @throws {InvalidOptionError} an option is unknown, or none that it can be
 */
export function levelStore(options: LevelStoreOptions): JobStore {
  knownOptions('levelStore()', options, ['location', 'sync']);
  const { location, sync = 'always' } = options;
  if (typeof location !== 'string' || location === '')
    throw new InvalidOptionError('location must be the path of a folder');
  return new LevelStore(location, choiceOption('sync', sync, ['always', 'none']) === 'always');
}
