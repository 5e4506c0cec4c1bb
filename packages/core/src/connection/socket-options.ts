import { booleanOption, integerOption } from '../codec/options.ts';
import { MAX_DELAY } from './options.ts';

/** What can be set for every TCP socket of a server or client. */
export interface SocketOptions {
  /** Sends small segments at once (TCP_NODELAY): writes are batched here already. Default true. */
  readonly noDelay?: boolean | undefined;
  /** Milliseconds of silence after which the kernel probes whether the peer is alive, or false for never. Default 30,000. */
  readonly keepAlive?: number | false | undefined;
}

/** The names of {@link SocketOptions}. */
export const SOCKET_OPTIONS: readonly string[] = ['noDelay', 'keepAlive'];

/** {@link SocketOptions} as `node:net` takes them. */
export interface NetSocketOptions {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
  /** The end of the input is told in order, after all that came before it; so it must not end the output by itself. */
  readonly allowHalfOpen: true;
}

/** @throws {InvalidOptionError} an option is out of range */
export function netSocketOptions(options: SocketOptions): NetSocketOptions {
  const { noDelay = true, keepAlive = 30_000 } = options;
  booleanOption('noDelay', noDelay);
  if (keepAlive !== false) integerOption('keepAlive', keepAlive, 1000, MAX_DELAY);
  return {
    noDelay,
    keepAlive: keepAlive !== false,
    keepAliveInitialDelay: keepAlive === false ? 0 : keepAlive,
    allowHalfOpen: true,
  };
}
