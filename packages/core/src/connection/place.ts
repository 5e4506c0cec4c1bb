import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';

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

/** Where nothing else is said to connect to. */
export const DEFAULT_HOST = 'localhost';

/**
 * A place, given as an object or a text: `cache1:11211`, `[::1]:11211`, `cache1` where there is a usual port, or the path of a unix socket,
 * which has a slash. Not checked yet, but for the text.
 *
 * @param of what takes it, for messages
 * @param usualPort of a place that names neither a port nor a path
 * @throws {InvalidOptionError} the text names no place
 */
export function placeOf<P extends Place>(of: string, given: string | P, usualPort: number | undefined): Place | P {
  const place = typeof given === 'string' ? parsePlace(of, given) : given;
  if (typeof place !== 'object' || place === null) throw new InvalidOptionError(`${of} takes a place: { port: 9991 }`);
  const complete = usualPort === undefined || place.port !== undefined || place.path !== undefined;
  return complete ? place : { ...place, port: usualPort };
}

function parsePlace(of: string, text: string): Place {
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) {
    throw new InvalidOptionError(`${JSON.stringify(text)} is a URL, and ${of} takes a place: 'localhost:9991'`);
  }
  if (text.includes('/') || text.startsWith('\0')) return { path: text };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    const examples = "'localhost:9991', '[::1]:9991' or '/run/echo.sock'";
    throw new InvalidOptionError(`${JSON.stringify(text)} is no place for ${of}: ${examples}`);
  }
  return port === undefined ? { host } : { host, port: Number(port) };
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
  if (host !== undefined && (typeof host !== 'string' || host === '' || path !== undefined)) {
    throw new InvalidOptionError('host must be a name or an address, and goes with a port, not with a path');
  }
}

/** A place in words: `127.0.0.1:9991`, `[::1]:9991`, `port 9991` or a path. */
export function placeName({ port, host, path }: Place): string {
  // An abstract unix socket is written as Linux tools do.
  if (path !== undefined) return path.replace(/^\0/, '@');
  if (host === undefined) return `port ${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
