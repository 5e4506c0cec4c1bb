import { describeCause, InvalidOptionError, WireError } from '../codec/errors.ts';
import { Connection } from '../connection/connection.ts';
import type { Sweep } from '../connection/sweep.ts';
import { ClosedError, ConnectError, ConnectTimeoutError } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** Makes a connection whose messages nobody takes yet, as `client.connect` does, or rejects. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
export type Dialer<In, Out> = (options: { signal: AbortSignal }) => Promise<Connection<In, Out, any>>;

interface DialEvents<In, Out> {
  /** Makes the exchange of a connection, and whatever has to be done on it before it is used: part of the dial. */
  prepare(connection: Connection<In, Out>): Promise<Exchange<In, Out>>;
  /** What becomes of the dial: one of these is called, once. */
  made(exchange: Exchange<In, Out>): void;
  failed(error: WireError): void;
}

/**
 * Has `dialer` make a connection that requests can be made on, within `timeout` ms and until `stop` is aborted. A dialer that does not
 * mind its signal is not waited for: what it still makes is destroyed.
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
  let preparing: Connection<In, Out> | undefined;
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
    preparing?.destroy();
  };
  const stopped = (): void => giveUp(new ClosedError('the pool'));
  const cancel = sweep.after(timeout, () =>
    giveUp(new ConnectTimeoutError('the place of the pool, onConnect included,', timeout)),
  );
  stop.addEventListener('abort', stopped);
  const made = async (connection: unknown): Promise<void> => {
    if (over) {
      if (connection instanceof Connection) connection.destroy();
      return;
    }
    checkDialed<In, Out>(connection);
    preparing = connection;
    const exchange = await events.prepare(connection);
    if (over) return;
    checkDialed<In, Out>(connection);
    end();
    events.made(exchange);
  };
  const failed = (error: unknown): void => {
    if (!over) fail(dialError(error));
  };
  (async () => made(await dialer({ signal: controller.signal })))().catch(failed);
}

/** @throws {WireError} what was dialed is no connection, or one that is closed */
function checkDialed<In, Out>(connection: unknown): asserts connection is Connection<In, Out> {
  if (!(connection instanceof Connection)) {
    throw new InvalidOptionError('the dialer of a pool has to return the promise of a connection');
  }
  if (connection.writable) return;
  connection.destroy();
  const cause = connection.error ?? new ClosedError(connection.name);
  throw new ConnectError(`the dialer returned a connection that is closed (${connection.closeReason})`, { cause });
}

function dialError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  return new ConnectError(`the dialer failed: ${describeCause(error)}`, { cause: error });
}
