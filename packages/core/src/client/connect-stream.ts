import type { Duplex } from 'node:stream';

import { describeCause, InvalidOptionError } from '../codec/errors.ts';
import { checkBytes } from '../connection/check-bytes.ts';
import type { Clock } from '../connection/clock.ts';
import { isOwned } from '../connection/life.ts';
import { Sweep } from '../connection/sweep.ts';
import { ConnectError, ConnectTimeoutError } from '../errors.ts';
import type { ConnectPlace } from './connect-place.ts';

/**
 * Has `make` make a stream, and resolves with what `use` makes of it. One that comes too late is destroyed.
 *
 * @param where what the place is called, for messages
 * @throws {ConnectTimeoutError} (rejects) not within `timeout` ms
 * @throws {ConnectError} (rejects) `make` failed
 * @throws {InvalidOptionError} (rejects) what it makes is no stream of bytes
 */
export function connectStream<T>(
  make: NonNullable<ConnectPlace['stream']>,
  where: string,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
  use: (stream: Duplex) => T,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const settle = (): void => {
      over = true;
      cancel();
      signal.removeEventListener('abort', abort);
    };
    const giveUp = (error: unknown): void => {
      settle();
      controller.abort(error);
      reject(error);
    };
    const abort = (): void => giveUp(signal.reason);
    const cancel = Sweep.of(clock).after(timeout, () => giveUp(new ConnectTimeoutError(where, timeout)));
    signal.addEventListener('abort', abort, { once: true });
    const made = async (): Promise<void> => {
      let stream: Duplex;
      try {
        stream = await make({ signal: controller.signal });
      } catch (error) {
        const why = describeCause(error);
        if (!over)
          giveUp(
            new ConnectError(`cannot connect to ${where}: the stream could not be made: ${why}`, { cause: error }),
          );
        return;
      }
      if (over) {
        if (!isOwned(stream)) stream.destroy();
        return;
      }
      settle();
      try {
        checkBytes(stream);
        if (isOwned(stream)) throw new InvalidOptionError('this stream has a connection already');
        resolve(use(stream));
      } catch (error) {
        reject(error);
        // Nobody else will. One that was made before has its connection, which goes on.
        if (!isOwned(stream)) stream?.destroy?.();
      }
    };
    made().catch(reject);
  });
}
