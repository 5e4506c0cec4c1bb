import cluster from 'node:cluster';

import { describeCause, InvalidOptionError } from '../codec/errors.ts';
import { LINGER, ours, type SentError, SIGNALS } from './messages.ts';

/** A `Server`, or whatever else closes in good order. */
export interface Stoppable {
  /** Closes in good order, within `grace` ms; what it resolves with is ignored, what it rejects with becomes a process warning. */
  close(options: { readonly grace: number }): Promise<unknown>;
}

/** What each worker runs. It returns what has to be closed before the worker may end. */
export type Start = () => Stoppable | readonly Stoppable[] | Promise<Stoppable | readonly Stoppable[]>;

/**
 * What `runWorkers` is in a worker: starts, tells the primary, and closes when that asks for it, or has died.
 *
 * @param grace of a close that nobody asked for, in ms
 */
export async function asWorker(start: Start, grace: number, signals: boolean): Promise<void> {
  const worker = cluster.worker!;
  const ignore = (): void => {};
  if (signals) for (const signal of SIGNALS) process.on(signal, ignore);
  const started = (async () => stoppables(await start()))();

  let closing = false;
  const close = async (delay: number): Promise<void> => {
    if (closing) return;
    closing = true;
    const servers = await started.catch(() => []);
    const closed = await Promise.allSettled(servers.map(async (server) => server.close({ grace: delay })));
    for (const result of closed) if (result.status === 'rejected') process.emitWarning(result.reason as Error);
    // This waits for a word of the primary, and behind that no connection comes: those that it has passed on meanwhile went back to it,
    // for another worker to get.
    if (worker.isConnected()) worker.disconnect();
    exitIn(LINGER);
  };
  process.on('message', (message) => {
    const what = ours(message);
    if (what?.wirewright === 'close') void close(what.grace);
  });
  worker.once('disconnect', () => {
    // Otherwise Node would exit at once.
    worker.exitedAfterDisconnect = true;
    // There is no primary any more that could mind them.
    for (const signal of SIGNALS) process.off(signal, ignore);
    exitIn(grace + LINGER);
    void close(grace);
  });

  try {
    await started;
  } catch (error) {
    tell({ wirewright: 'failed', error: sendable(error) }, () => process.exit(1));
    // Nothing behind it is to run.
    await new Promise<never>(() => {});
  }
  tell({ wirewright: 'ready' });
}

/** @throws {InvalidOptionError} there is nothing that could be closed */
function stoppables(started: Stoppable | readonly Stoppable[]): readonly Stoppable[] {
  const all = [started].flat() as readonly (Partial<Stoppable> | undefined)[];
  if (all.length > 0 && all.every((one) => typeof one?.close === 'function')) return all as readonly Stoppable[];
  throw new InvalidOptionError('the function of runWorkers() has to return its server, or an array of them');
}

/** Ends this process then, unless it has ended by itself. */
function exitIn(delay: number): void {
  setTimeout(() => process.exit(), delay).unref();
}

function tell(message: object, told: () => void = () => {}): void {
  if (process.connected) process.send!(message, told);
  else told();
}

function sendable(error: unknown): SentError {
  const { name, code, stack } = (error instanceof Error ? error : {}) as Partial<NodeJS.ErrnoException>;
  return {
    name: name ?? 'Error',
    message: describeCause(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}
