import type { Duplex } from 'node:stream';

import { InvalidOptionError } from '../codec/errors.ts';
import { knownOptions } from '../codec/options.ts';
import { checkPlace, DEFAULT_HOST, type Place, placeName, placeOf } from '../connection/place.ts';
import type { TlsClientOptions } from '../tls/tls-options.ts';
import { connectTls } from './connect-tls.ts';

/** Where a client connects to, and whether in plaintext. */
export interface ConnectPlace extends Place {
  /** Encrypts: true for Node's defaults, which trust the authorities that Node comes with. Default false. */
  readonly tls?: boolean | TlsClientOptions | undefined;
  /**
   * Instead of port and path: makes a stream of bytes for each connection, such as the channel of a tunnel, or one end of a pair, to be used
   * as if it had been connected.
   */
  readonly stream?: ((options: { readonly signal: AbortSignal }) => Duplex | Promise<Duplex>) | undefined;
  /** What a place with a `stream` is called in messages and events. Default `stream`. */
  readonly name?: string | undefined;
}

/** Where a server is: `'cache1:11211'`, `'[::1]:11211'`, `'/run/cache.sock'`, or an object. */
export type ServerPlace = string | ConnectPlace;

/** What a place that is given has from whoever takes it. */
export interface PlaceDefaults {
  /** The port of the protocol, for a place that names neither a port nor a path. */
  readonly port?: number | undefined;
  /** `tls` of a place that does not say, and is no stream. */
  readonly tls?: boolean | TlsClientOptions | undefined;
}

/** A place that was checked, as it is used. */
export interface ReadyPlace {
  /** `host:port`, a path, or what a stream is called. */
  readonly name: string;
  /** What `client.connect` takes. */
  readonly connect: ConnectPlace;
}

/**
 * Reads a place: `'cache1:11211'`, `'[::1]:11211'`, `'/run/cache.sock'`, `'cache1'` where there is a usual port, `{ host, port }`, `{ path }` or
 * `{ stream }`.
 *
 * @param of what takes it, for messages
 * @throws {InvalidOptionError} it is no place, or an impossible one
 */
export function readPlace(of: string, given: ServerPlace, defaults: PlaceDefaults = {}): ReadyPlace {
  if (typeof given === 'object' && given?.stream !== undefined) return streamPlace(of, given);
  const place: ConnectPlace = placeOf(of, given, defaults.port);
  checkPlace(of, place, ['tls', 'stream'], 1);
  const { host = DEFAULT_HOST, port, path, tls = defaults.tls } = place;
  connectTls(tls);
  const where = path === undefined ? { host, port } : { path };
  return { name: placeName(where), connect: { ...where, tls } };
}

function streamPlace(of: string, place: ConnectPlace): ReadyPlace {
  knownOptions(of, place, ['stream', 'name']);
  const { stream, name = 'stream' } = place;
  if (typeof stream !== 'function') throw new InvalidOptionError('stream must be a function that makes a Duplex');
  if (typeof name !== 'string' || name === '') throw new InvalidOptionError('the name of a stream is a text');
  return { name, connect: { stream, name } };
}

/**
 * Reads the places of a client that has several servers, given as one or as a list.
 *
 * @param of what they are, for messages: `the servers`
 * @param read makes one place of what was given
 * @throws {InvalidOptionError} one is no place, is there twice, or there is none
 */
export function readPlaces<Given, Ready extends { readonly name: string }>(
  of: string,
  given: Given | readonly Given[],
  read: (place: Given) => Ready,
): Ready[] {
  const list = (Array.isArray(given) ? given : given === undefined ? [] : [given]) as Given[];
  if (list.length === 0) throw new InvalidOptionError(`${of} must have at least one server: 'localhost:9991'`);
  const places = list.map(read);
  const twice = places.find(({ name }, index) => places.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new InvalidOptionError(`${twice.name} is among ${of} twice`);
  return places;
}
