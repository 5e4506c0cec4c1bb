import { InvalidOptionError } from '../codec/errors.ts';
import { booleanOption, integerOption, knownOptions } from '../codec/options.ts';
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

/** A place to listen at or to connect to: a TCP port, or the path of a unix socket. */
export interface Place {
  /** 0 to 65535; to listen, 0 takes a free one. */
  readonly port?: number | undefined;
  /** Name or IP address. Default: every address to listen, `localhost` to connect. */
  readonly host?: string | undefined;
  /**
   * Path of a unix socket, instead of `port`. An abstract one, of Linux, begins with `\0` and is no file; Node fills its name up with
   * zeros to the length that the kernel has room for.
   */
  readonly path?: string | undefined;
}

/**
 * Checks a place.
 *
 * @param of what takes it, for messages
 * @param more options that are known besides
 * @throws {InvalidOptionError} it names no port and no path, or both, or an impossible port
 */
export function checkPlace(of: string, place: Place, more: readonly string[], lowestPort: number): void {
  knownOptions(of, place, ['port', 'host', 'path', ...more]);
  const { port, path, host } = place;
  if ((port === undefined) === (path === undefined)) {
    throw new InvalidOptionError(`${of} takes a port, { port: 9991 }, or a path, { path: '/run/echo.sock' }`);
  }
  if (port !== undefined) integerOption('port', port, lowestPort, 65_535);
  if (path !== undefined && (typeof path !== 'string' || path === ''))
    throw new InvalidOptionError('path must be a non-empty string');
  if (host !== undefined && (typeof host !== 'string' || path !== undefined)) {
    throw new InvalidOptionError('host must be a name or an address, and goes with a port');
  }
}

/** A place in words: `127.0.0.1:9991`, `[::1]:9991`, `port 9991` or a path. */
export function placeName({ port, host, path }: Place): string {
  // An abstract unix socket is written as Linux tools do.
  if (path !== undefined) return path.replace(/^\0/, '@');
  if (host === undefined) return `port ${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
