import { integerOption, knownOptions, signalOption } from '../codec/options.ts';
import type { Clock } from './clock.ts';
import { type CloseReason, IN_GOOD_ORDER } from './close-reason.ts';
import { MAX_DELAY } from './options.ts';

/** How a server, client or pool closes. */
export interface CloseOptions {
  /** Milliseconds that connections have to finish before they are destroyed. Default 5000. */
  readonly grace?: number | undefined;
  /** Ends the grace when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of the connections that were open when a server or client was closed. */
export interface CloseResult {
  /** Closed in good order: what they had received was handled. */
  readonly drained: number;
  /** Destroyed because the grace was over, or broken before. */
  readonly destroyed: number;
}

/** {@link CloseOptions}, checked and complete. */
export interface Grace {
  /** Milliseconds. */
  readonly delay: number;
  /** Ends the grace when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link closeAll} needs of a connection. */
interface Closable {
  close(options: { drain: true }): Promise<CloseReason>;
  destroy(): void;
}

/**
 * The grace that `options` give, complete: for whoever closes something together with a server or client.
 *
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function graceOf(options: CloseOptions): Grace {
  knownOptions('close()', options, ['grace', 'signal']);
  const { grace = 5000, signal } = options;
  return { delay: integerOption('grace', grace, 0, MAX_DELAY), signal: signalOption(signal) };
}

/** What closes together with the connections. */
interface Rest {
  /** Ends the making of connections. Resolves when there will be no more, with what else is waited for. */
  stop(): Promise<readonly Promise<unknown>[]>;
  /** The grace is over. */
  destroy(): void;
}

/**
 * Closes connections once what they have received is handled, and destroys those that are left when the grace is over.
 *
 * @param connections may still grow until `rest.stop()` has resolved
 */
export async function closeAll(
  connections: Iterable<Closable>,
  { delay, signal }: Grace,
  clock: Clock,
  rest?: Rest,
): Promise<CloseResult> {
  const open = new Set<Closable>();
  const late = new Set<Closable>();
  const closed = new Map<Closable, Promise<void>>();
  let drained = 0;
  const close = async (connection: Closable): Promise<void> => {
    open.add(connection);
    const reason = await connection.close({ drain: true });
    open.delete(connection);
    if (!late.has(connection) && IN_GOOD_ORDER.has(reason)) drained++;
  };
  const closeThose = (): void => {
    for (const connection of connections) if (!closed.has(connection)) closed.set(connection, close(connection));
  };
  const endGrace = (): void => {
    for (const connection of open) {
      late.add(connection);
      connection.destroy();
    }
    rest?.destroy();
  };
  const cancel = clock.after(delay, endGrace);
  signal?.addEventListener('abort', endGrace, { once: true });
  closeThose();
  // The signal may have been aborted before there was anybody to hear it.
  if (signal?.aborted === true) endGrace();
  const others = await rest?.stop();
  closeThose();
  await Promise.all([...closed.values(), ...(others ?? [])]);
  cancel();
  signal?.removeEventListener('abort', endGrace);
  return { drained, destroyed: closed.size - drained };
}

/** The counts of several that were closed as one. */
export function closedTogether(results: readonly CloseResult[]): CloseResult {
  const sum = (of: keyof CloseResult): number => results.reduce((total, result) => total + result[of], 0);
  return { drained: sum('drained'), destroyed: sum('destroyed') };
}
