/** How soon a job is wanted: 0 high, 1 normal, 2 low. */
export type StoredPriority = 0 | 1 | 2;

/** A background job as a store keeps it. Bytes are the store's to read until the call it got them by has settled. */
export interface StoredJob {
  /** The server's own number of the job, unique in the store for ever: what a job is kept by. */
  readonly id: number;
  /** What clients call the job by, kept because they do so after a restart, too. ASCII, at most 63 characters. */
  readonly handle: string;
  /** The name of its function, 1 byte at least. */
  readonly function: Uint8Array;
  /** Empty for a job that is the same as no other. */
  readonly unique: Uint8Array;
  /** What the client has sent, 0 bytes or more. */
  readonly payload: Uint8Array;
  /** 0 high, 1 normal, 2 low. */
  readonly priority: StoredPriority;
  /** When it may run, in ms since 1970; 0 for at once. */
  readonly when: number;
  /** The function of the reducer of SUBMIT_REDUCE_JOB_BACKGROUND; undefined for other jobs. */
  readonly reducer: Uint8Array | undefined;
  /** How often a worker was lost with it, ran out of time or failed. */
  readonly attempts: number;
  /** The crontab line of a job that comes again; empty for others. */
  readonly schedule: string;
}

/** What happened since the last commit: kept or gone, all of it or nothing. A job that is in both is gone. */
export interface JobBatch {
  /** New jobs, and jobs that have changed. */
  readonly put: readonly StoredJob[];
  /** The numbers of jobs that are over. */
  readonly remove: readonly number[];
}

/** What a store found out to be wrong with what it keeps when it was opened. */
export interface StoreDamage {
  /** In words, for whoever runs the server. */
  readonly detail: string;
  /** Numbers of jobs that were acknowledged and are gone. */
  readonly missing: readonly number[];
  /** Numbers of jobs that were over and are back: they run again. */
  readonly returned: readonly number[];
  /** Whether more may be missing than can be named. */
  readonly incomplete: boolean;
}

/** What a store had when it was opened. */
export interface StoredJobs {
  /** Every job that is not over, by number. */
  readonly jobs: readonly StoredJob[];
  /** What is wrong with what was kept; undefined when nothing is. */
  readonly damage: StoreDamage | undefined;
}

/** What a store tells of its own accord. */
export interface StoreEvents {
  /** The jobs of a server that died are ours from now on. */
  adopted(jobs: readonly StoredJob[]): void;
  /** The jobs are no longer ours, or can no longer be kept: nothing that was not acknowledged yet may be, and no job may be given out. */
  lost(error: Error): void;
}

/**
 * Where a {@link JobServer} keeps its background jobs, so that they outlive it.
 *
 * The server has all jobs in memory, and asks the store only to remember: what it is told by one {@link JobStore.commit} is kept or lost
 * together, and is on disk when that resolves. Commits may overlap; they are kept in the order they came.
 */
export interface JobStore {
  /**
   * Opens the store, for this server alone, and resolves with what it keeps; for a store that several servers share, when there is a
   * lease to be had. `signal` ends the waiting.
   */
  open(events: StoreEvents, signal?: AbortSignal): Promise<StoredJobs>;
  /** Sets aside `count` numbers of jobs, which nobody gets again, not even after a crash, and resolves with the first. */
  reserve(count: number): Promise<number>;
  /** Remembers what happened: resolves when it is on disk. A rejection means that it is not known whether it is. */
  commit(batch: JobBatch): Promise<void>;
  /** Waits for the commits that were begun, gives up what was held, and closes. */
  close(): Promise<void>;
}
