import type { Duplex } from 'node:stream';

import { type ConnectPlace, InvalidOptionError, parsePlace, placeName, type TlsClientOptions } from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

/** The port that gearmand listens on unless it is told otherwise. */
export const DEFAULT_PORT = 4730;

/** A server that is reached over a socket. */
export interface GearmanSocketPlace {
  readonly host?: string | undefined;
  /** Default 4730. */
  readonly port?: number | undefined;
  /** A unix socket, in place of host and port. */
  readonly path?: string | undefined;
  /** Overrides the option of whoever connects. */
  readonly tls?: boolean | TlsClientOptions | undefined;
}

/** A server that is reached over streams of somebody else's making: a tunnel, or memory. */
export interface GearmanStreamPlace {
  /** Makes the stream of a connection. */
  readonly stream: (options: { readonly signal: AbortSignal }) => Duplex | Promise<Duplex>;
  /** What the server is called. Default `stream`. */
  readonly name?: string | undefined;
}

/** `'jobs1'`, `'jobs1:4730'`, `'[::1]:4730'`, `'/run/gearman.sock'`, or an object. */
export type GearmanPlace = string | GearmanSocketPlace | GearmanStreamPlace;

/** A place as it is used. */
export interface ReadyPlace {
  /** `host:port`, a path, or what a stream is called. */
  readonly name: string;
  readonly connect: ConnectPlace;
}

/**
 * @param tls of whoever connects
 * @throws {InvalidOptionError} it is no place
 */
export function readPlace(given: GearmanPlace, tls: boolean | TlsClientOptions | undefined): ReadyPlace {
  const place = typeof given === 'string' ? placeOf(given) : given;
  if (typeof place === 'object' && place !== null && 'stream' in place) return streamPlace(place);
  knownOptions('a server', place, ['host', 'port', 'path', 'tls']);
  const { host = '127.0.0.1', path } = place;
  const encrypt = place.tls ?? tls;
  if (path !== undefined) {
    if (typeof path !== 'string' || path === '' || place.host !== undefined || place.port !== undefined) {
      throw new InvalidOptionError('a server has a path, or a host and a port: { host: "jobs1", port: 4730 }');
    }
    return { name: placeName({ path }), connect: { path, tls: encrypt } };
  }
  if (typeof host !== 'string' || host === '')
    throw new InvalidOptionError('the host of a server is a name or address');
  const port = integerOption('port', place.port ?? DEFAULT_PORT, 1, 65_535);
  return { name: placeName({ host, port }), connect: { host, port, tls: encrypt } };
}

/**
 * Reads one place or several.
 *
 * @throws {InvalidOptionError} one is no place, is there twice, or there is none
 */
export function readPlaces(
  given: GearmanPlace | readonly GearmanPlace[],
  tls: boolean | TlsClientOptions | undefined,
): ReadyPlace[] {
  const list = (Array.isArray(given) ? given : given === undefined ? [] : [given]) as GearmanPlace[];
  if (list.length === 0) throw new InvalidOptionError(`there must be at least one server: '127.0.0.1:4730'`);
  const places = list.map((place) => readPlace(place, tls));
  const twice = places.find(({ name }, index) => places.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new InvalidOptionError(`${twice.name} is among the servers twice`);
  return places;
}

function streamPlace(place: GearmanStreamPlace): ReadyPlace {
  knownOptions('a server', place, ['stream', 'name']);
  const { stream, name = 'stream' } = place;
  if (typeof stream !== 'function') throw new InvalidOptionError('stream must be a function that makes a Duplex');
  if (typeof name !== 'string' || name === '') throw new InvalidOptionError('the name of a server is a text');
  return { name, connect: { stream } };
}

/** @throws {InvalidOptionError} it is no place */
function placeOf(text: string): GearmanSocketPlace {
  const place = parsePlace(text);
  if (place !== undefined) return place;
  throw new InvalidOptionError(
    `${JSON.stringify(text)} names no server: 'jobs1:4730', '[::1]:4730' or '/run/gearman.sock'`,
  );
}
