import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';

import { InvalidOptionError } from '../codec/errors.ts';
import { booleanOption, integerOption, knownOptions } from '../codec/options.ts';
import { MAX_DELAY, timeoutOption } from '../connection/options.ts';
import { asWorker, type Start } from './as-worker.ts';
import { LINGER } from './messages.ts';
import { Workers, type WorkersSettings } from './workers.ts';

/** How many workers `runWorkers` starts, and how they begin and end. */
export interface WorkersOptions {
  /** How many workers there are. Default: as many as the machine can run at a time. */
  readonly workers?: number | undefined;
  /** Milliseconds that a worker has to close its servers, before they destroy what is left. Default 5000. */
  readonly grace?: number | undefined;
  /** Milliseconds that a worker has to become ready, before it is killed. Default 30,000; false for as long as it takes. */
  readonly startTimeout?: number | false | undefined;
  /**
   * Closes the workers on the first SIGINT or SIGTERM to the primary, destroys them on the second, and restarts them on SIGHUP; the
   * workers ignore these. Default true.
   */
  readonly signals?: boolean | undefined;
}

/** Whether this process has workers, or is one. */
let running = false;

/**
 * Runs `start` in several processes that share what it listens on, by `node:cluster`. Each of them is this program once more, and gets
 * here. A worker is ready when its function has settled; one that ends unasked is replaced, after a pause that grows.
 *
 * ```ts
 * const workers = await runWorkers({ workers: 2 }, async () => {
 *   const server = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
 *   return server.listen({ port: 9991 });
 * });
 * ```
 *
 * Resolves with the workers when all of them are ready; in a worker, with undefined when that one is.
 *
 * @param start makes the servers of a worker and returns them. It listens last: connections come from then on
 * @throws {InvalidOptionError} (rejects) an option is unknown or out of range, or there are workers already
 * @throws {WorkerStartError} (rejects) a worker did not start; the others are closed
 */
export async function runWorkers(options: WorkersOptions, start: Start): Promise<Workers | undefined> {
  const settings = workersSettings(options);
  if (typeof start !== 'function') throw new InvalidOptionError('runWorkers() takes a function that starts a server');
  if (running) throw new InvalidOptionError('runWorkers() runs already: start all servers in the function of one call');
  running = true;
  if (cluster.isWorker) {
    await asWorker(start, settings.grace, settings.signals);
    return undefined;
  }
  const workers = new Workers(settings);
  void workers.closed.then(() => (running = false));
  await workers.start();
  return workers;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
function workersSettings(options: WorkersOptions): WorkersSettings {
  knownOptions('runWorkers()', options, ['workers', 'grace', 'startTimeout', 'signals']);
  const { workers = availableParallelism(), grace = 5000, startTimeout = 30_000, signals = true } = options;
  return {
    workers: integerOption('workers', workers, 1),
    grace: integerOption('grace', grace, 0, MAX_DELAY - 2 * LINGER),
    startTimeout: timeoutOption('startTimeout', startTimeout),
    signals: booleanOption('signals', signals),
  };
}
