import { Backoff } from '../client/backoff.ts';
import { waiting } from '../connection/waiting.ts';
import { ClosedError } from '../errors.ts';
import { WorkerLostError } from './errors.ts';
import { SIGNALS } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** What became of the workers that were there when they were closed. */
export interface WorkersResult {
  /** Those that ended by themselves, with status 0. */
  readonly ended: number;
  /** The others: killed, or failed in their end. */
  readonly killed: number;
}

export interface WorkersSettings {
  readonly workers: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Milliseconds; 0 for as long as it takes. */
  readonly startTimeout: number;
  readonly signals: boolean;
}

/** Milliseconds for which a worker has to have served before the pauses start small again. */
const STABLE = 10_000;

/** The workers of this process, which is their primary. Made by `runWorkers`. */
export class Workers {
  readonly #settings: WorkersSettings;
  /** Those that have not ended. */
  readonly #workers = new Set<WorkerProcess>();
  readonly #backoff = new Backoff();
  readonly #closed = waiting<WorkersResult>();
  /** The pause before others take the place of those that were lost. */
  #pause: NodeJS.Timeout | undefined = undefined;
  /** The restart that was asked for last, and whether it has not begun. */
  #restart: Promise<void> = Promise.resolve();
  #restartWaits = false;
  #closing: Promise<WorkersResult> | undefined = undefined;

  /** @internal */
  constructor(settings: WorkersSettings) {
    this.#settings = settings;
    if (settings.signals) for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** The process ids of the workers that serve, those that were asked to close not included. */
  get pids(): readonly number[] {
    return [...this.#workers].filter(({ serves }) => serves).map(({ pid }) => pid!);
  }

  /** Resolves with the counts when all workers have ended, whoever closed them. */
  get closed(): Promise<WorkersResult> {
    return this.#closed.promise;
  }

  /**
   * Replaces the workers one after the other, with what is on disk and in the environment now: starts a new one, and when that is
   * ready, has an old one close, and waits for its end. A call during a restart gets another one behind it; all calls until that
   * begins share it.
   *
   * @throws {WorkerStartError} (rejects) a new worker did not start: the old ones that are left go on
   * @throws {ClosedError} (rejects) the workers are closed, or were meanwhile
   */
  restart(): Promise<void> {
    if (this.#restartWaits) return this.#restart;
    this.#restartWaits = true;
    const before = this.#restart;
    const roll = (): Promise<void> => {
      this.#restartWaits = false;
      return this.#roll();
    };
    this.#restart = before.then(roll, roll);
    return this.#restart;
  }

  /**
   * Has all workers close, within the grace, and waits for their ends. One that has not ended soon after the grace is killed. A second
   * call gets the same promise; {@link destroy} does not wait.
   */
  close(): Promise<WorkersResult> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Kills all workers at once. */
  destroy(): void {
    void this.close();
    for (const worker of this.#workers) worker.kill();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal The first start. */
  async start(): Promise<void> {
    try {
      // One is enough to find out what is wrong, and to clear away what a process before this one has left.
      await this.#fork().ready;
      // A signal may have come.
      if (this.#closing !== undefined) return;
      await Promise.all(Array.from({ length: this.#settings.workers - 1 }, () => this.#fork().ready));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #fork(): WorkerProcess {
    const worker = new WorkerProcess(this.#settings.startTimeout);
    this.#workers.add(worker);
    void this.#watch(worker);
    return worker;
  }

  async #watch(worker: WorkerProcess): Promise<void> {
    const { how } = await worker.ended;
    this.#workers.delete(worker);
    if (worker.asked) return;
    if (worker.readyAt !== undefined) {
      if (performance.now() - worker.readyAt >= STABLE) this.#backoff.reset();
      process.emitWarning(new WorkerLostError(worker.name, how));
    }
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#fill();
    }, this.#backoff.next());
  }

  /** Starts as many as are missing. */
  #fill(): void {
    if (this.#pause !== undefined || this.#closing !== undefined) return;
    const missing = this.#settings.workers - [...this.#workers].filter(({ asked }) => !asked).length;
    for (let i = 0; i < missing; i++) {
      const worker = this.#fork();
      worker.ready.catch((error: Error) => {
        if (!worker.asked) process.emitWarning(error);
      });
    }
  }

  async #roll(): Promise<void> {
    this.#checkOpen();
    try {
      for (const old of Array.from(this.#workers)) {
        // It may have been lost meanwhile; then another took its place, or will.
        if (!this.#workers.has(old)) continue;
        await this.#fork().ready;
        this.#checkOpen();
        await old.stop(this.#settings.grace);
        this.#checkOpen();
      }
    } finally {
      // Who was lost while there was one too many was not missed.
      this.#fill();
    }
  }

  /** @throws {ClosedError} the workers are closing */
  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('the set of workers');
  }

  async #close(): Promise<WorkersResult> {
    const ends = await Promise.all([...this.#workers].map((worker) => worker.stop(this.#settings.grace)));
    clearTimeout(this.#pause);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    const ended = ends.filter(({ clean }) => clean).length;
    const result: WorkersResult = { ended, killed: ends.length - ended };
    this.#closed.resolve(result);
    return result;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP') this.restart().catch((error: Error) => process.emitWarning(error));
    else if (this.#closing === undefined) void this.close();
    else this.destroy();
  };
}
