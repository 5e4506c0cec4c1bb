import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import type { Clock } from './clock.ts';
import type { CloseReason } from './close-reason.ts';
import { MAX_DELAY } from './options.ts';

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
  readonly signal?: AbortSignal | undefined;
}

/** What {@link closeAll} needs of a connection. */
interface Closable {
  close(options: { drain: true }): Promise<CloseReason>;
  destroy(): void;
}

const IN_GOOD_ORDER: ReadonlySet<CloseReason> = new Set<CloseReason>(['shutdown', 'peer', 'local']);

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function graceOf(options: CloseOptions): Grace {
  knownOptions('close()', options, ['grace', 'signal']);
  const { grace = 5000, signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new InvalidOptionError('signal must be an AbortSignal');
  return { delay: integerOption('grace', grace, 0, MAX_DELAY), signal };
}

/**
 * Closes connections once what they have received is handled, and destroys those that are left when the grace is over.
 *
 * @param others what has to be closed as well before it is over
 * @param destroyOthers called when the grace is over
 */
export async function closeAll(
  connections: Iterable<Closable>,
  { delay, signal }: Grace,
  clock: Clock,
  others: readonly Promise<unknown>[] = [],
  destroyOthers?: () => void,
): Promise<CloseResult> {
  const open = new Set(connections);
  const late = new Set<Closable>();
  const endGrace = (): void => {
    for (const connection of open) {
      late.add(connection);
      connection.destroy();
    }
    destroyOthers?.();
  };
  const cancel = clock.after(delay, endGrace);
  signal?.addEventListener('abort', endGrace, { once: true });
  let drained = 0;
  const closed = Array.from(open, async (connection) => {
    const reason = await connection.close({ drain: true });
    open.delete(connection);
    if (!late.has(connection) && IN_GOOD_ORDER.has(reason)) drained++;
  });
  // The signal may have been aborted before there was anybody to hear it.
  if (signal?.aborted === true) endGrace();
  await Promise.all([...closed, ...others]);
  cancel();
  signal?.removeEventListener('abort', endGrace);
  return { drained, destroyed: closed.length - drained };
}
