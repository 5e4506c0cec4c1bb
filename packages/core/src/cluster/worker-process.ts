import cluster, { type Worker } from 'node:cluster';

import { describeCause } from '../codec/errors.ts';
import { waiting } from '../connection/waiting.ts';
import { WorkerStartError } from './errors.ts';
import { LINGER, ours, type SentError } from './messages.ts';

/** How a worker ended. */
interface WorkerEnd {
  /** In words: `ended with status 1`. */
  readonly how: string;
  /** Whether it ended by itself, with status 0. */
  readonly clean: boolean;
}

/** A worker as its primary sees it, from its fork to its end. */
export class WorkerProcess {
  readonly #worker: Worker | undefined;
  readonly #ended = waiting<WorkerEnd>();
  /** Whether it was asked to close: it counts no more. */
  asked = false;
  /** When it was ready. */
  readyAt: number | undefined = undefined;
  /** Rejects with a {@link WorkerStartError}; whoever does not mind need not handle that. */
  readonly ready: Promise<void>;

  /** @param startTimeout milliseconds after which it is killed if it is not ready; 0 for as long as it likes */
  constructor(startTimeout: number) {
    try {
      this.#worker = cluster.fork();
    } catch (error) {
      this.#stillborn(error);
    }
    this.#watch();
    this.ready = this.#start(startTimeout);
    this.ready.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  /** Whether it serves and is to go on with it. */
  get serves(): boolean {
    return this.readyAt !== undefined && !this.asked;
  }

  get name(): string {
    return `worker ${this.pid ?? '(without a process)'}`;
  }

  /** Resolves when it has. */
  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise;
  }

  /** Asks it to close within `grace` ms, and kills it when it has not ended soon after. Resolves as {@link ended} does. */
  stop(grace: number): Promise<WorkerEnd> {
    if (this.asked) return this.ended;
    this.asked = true;
    // Before it is ready it may not hear.
    void this.ready.then(
      () => this.#send({ wirewright: 'close', grace }),
      () => {},
    );
    const timer = setTimeout(() => this.kill(), grace + 2 * LINGER);
    void this.ended.then(() => clearTimeout(timer));
    return this.ended;
  }

  kill(): void {
    this.#worker?.process.kill('SIGKILL');
  }

  #send(message: object): void {
    // The channel may be gone, or go now: so is the worker then.
    if (this.#worker?.isConnected() === true) this.#worker.send(message, () => {});
  }

  #watch(): void {
    const worker = this.#worker;
    worker?.once('exit', (code: number | null, signal: string | null) => {
      const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
      const end = (): void => this.#ended.resolve({ how, clean: code === 0 });
      // What it said last may still be in the channel.
      if (worker.isConnected()) worker.once('disconnect', end);
      else end();
    });
    worker?.on('error', (error: Error) => {
      if (this.pid === undefined) this.#stillborn(error);
    });
  }

  #stillborn(error: unknown): void {
    this.#ended.resolve({ how: `could not be forked: ${describeCause(error)}`, clean: false });
  }

  #start(timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (what: string, options?: ErrorOptions): void => {
        clearTimeout(timer);
        reject(new WorkerStartError(`${this.name} ${what}`, options));
      };
      const late = (): void => {
        fail(`was not ready within ${timeout} ms: see what its function waits for, or raise startTimeout`);
        this.kill();
      };
      const timer = timeout === 0 ? undefined : setTimeout(late, timeout);
      void this.ended.then(({ how }) => fail(`${how} before it was ready`));
      this.#worker?.on('message', (received: unknown) => {
        const message = ours(received);
        if (message?.wirewright === 'failed') {
          fail(`did not start: ${message.error.message}`, { cause: revived(message.error) });
        } else if (message?.wirewright === 'ready') {
          clearTimeout(timer);
          this.readyAt ??= performance.now();
          resolve();
        }
      });
    });
  }
}

function revived({ message, ...rest }: SentError): Error {
  return Object.assign(new Error(message), rest);
}
