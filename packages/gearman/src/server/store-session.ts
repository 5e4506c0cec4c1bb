import { ClosedError } from '@wirewright/core';

import type { JobStore, StoreDamage, StoredJob } from '../store/job-store.ts';
import { StoreFailedError } from './errors.ts';
import type { JobBoard } from './job-board.ts';
import { JobKeeper } from './job-keeper.ts';

/** What a session tells its server. */
interface StoreSessionEvents {
  /** Another server may have the jobs: none may be given out any more. */
  lost(): void;
  /** The store could not keep something, or is lost. */
  trouble(error: StoreFailedError): void;
}

/** The store of a server, from when it is opened until it is closed. For a server without one there is nothing to open. */
export class StoreSession {
  readonly #store: JobStore | undefined;
  readonly #board: JobBoard;
  readonly #events: StoreSessionEvents;
  #keeper: JobKeeper | undefined = undefined;
  #opened: Promise<void> | undefined = undefined;
  /** Ends the waiting for a lease. */
  readonly #opening = new AbortController();
  #closed: Promise<void> | undefined = undefined;
  #damage: StoreDamage | undefined = undefined;

  constructor(store: JobStore | undefined, board: JobBoard, events: StoreSessionEvents) {
    this.#store = store;
    this.#board = board;
    this.#events = events;
  }

  /** Whether jobs that come can be kept, if they are to be. */
  get ready(): boolean {
    return this.#store === undefined || this.#keeper !== undefined;
  }

  /** What was found to be wrong with the store when it was opened. */
  get damage(): StoreDamage | undefined {
    return this.#damage;
  }

  /** Gives the board the jobs that the store has, and has it keep others; once. */
  open(signal: AbortSignal | undefined): Promise<void> {
    this.#opened ??= this.#open(signal);
    return this.#opened;
  }

  /** Resolves when all that happened is kept, and the store closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #open(signal: AbortSignal | undefined): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    const events = {
      adopted: (jobs: readonly StoredJob[]): void => this.#board.restoreAll(jobs),
      lost: (error: Error): void => this.#lose(error),
    };
    const { signal: closed } = this.#opening;
    const { jobs, damage } = await store.open(
      events,
      signal === undefined ? closed : AbortSignal.any([signal, closed]),
    );
    const keeper = new JobKeeper(store, (error) => this.#tell(error));
    try {
      await keeper.start();
    } catch (error) {
      // Nobody else will: what was not opened is not closed. Until then no other server could have it.
      await store.close().catch(() => {});
      throw error;
    }
    this.#keeper = keeper;
    this.#damage = damage;
    this.#board.keepBy(keeper);
    this.#board.restoreAll(jobs);
  }

  #lose(error: Error): void {
    this.#keeper?.abandon();
    this.#events.lost();
    this.#tell(error);
  }

  #tell(cause: Error): void {
    this.#events.trouble(new StoreFailedError(cause));
  }

  async #close(): Promise<void> {
    if (this.#store === undefined || this.#opened === undefined) return;
    this.#opening.abort(new ClosedError('the server'));
    try {
      await this.#opened;
    } catch {
      // Whoever has opened it was told.
      return;
    }
    try {
      await this.#keeper?.settled();
      await this.#store.close();
    } catch (error) {
      this.#tell(error as Error);
    }
  }
}
