import { describeCause, InvalidOptionError, WireError } from '../codec/errors.ts';
import { Connection } from '../connection/connection.ts';
import type { Sweep } from '../connection/sweep.ts';
import { ClosedError, ConnectError, ConnectTimeoutError } from '../errors.ts';

/** Makes a connection whose messages nobody takes yet, as `client.connect` does, or rejects. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
export type Dialer<In, Out> = (options: { signal: AbortSignal }) => Promise<Connection<In, Out, any>>;

/** What becomes of a dial: one of these is called, once. */
interface DialEvents<In, Out> {
  made(connection: Connection<In, Out>): void;
  failed(error: WireError): void;
}

/**
 * Has `dialer` make a connection that can be written to, within `timeout` ms and until `stop` is aborted. A dialer that does not mind
 * its signal is not waited for: what it still makes is destroyed.
 */
export function dial<In, Out>(
  dialer: Dialer<In, Out>,
  timeout: number,
  sweep: Sweep,
  stop: AbortSignal,
  events: DialEvents<In, Out>,
): void {
  const controller = new AbortController();
  let over = false;
  const end = (): void => {
    over = true;
    cancel();
    stop.removeEventListener('abort', stopped);
  };
  const fail = (error: WireError): void => {
    end();
    events.failed(error);
  };
  const giveUp = (error: WireError): void => {
    fail(error);
    controller.abort(error);
  };
  const stopped = (): void => giveUp(new ClosedError('the pool'));
  const cancel = sweep.after(timeout, () => giveUp(new ConnectTimeoutError('the place of the pool', timeout)));
  stop.addEventListener('abort', stopped);
  const made = (connection: unknown): void => {
    if (over) {
      if (connection instanceof Connection) connection.destroy();
    } else if (!(connection instanceof Connection)) {
      fail(new InvalidOptionError('the dialer of a pool has to return the promise of a connection'));
    } else if (!connection.writable) {
      connection.destroy();
      const cause = connection.error ?? new ClosedError(connection.name);
      fail(new ConnectError(`the dialer returned a connection that is closed (${connection.closeReason})`, { cause }));
    } else {
      end();
      events.made(connection as Connection<In, Out>);
    }
  };
  const failed = (error: unknown): void => {
    if (!over) fail(dialError(error));
  };
  (async () => dialer({ signal: controller.signal }))().then(made, failed);
}

function dialError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  return new ConnectError(`the dialer failed: ${describeCause(error)}`, { cause: error });
}
