import { type ConnectPlace, InvalidOptionError, parsePlace, placeName, type TlsClientOptions } from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

import type { ServerInfo } from './distribution/distribution.ts';

/** A server of a client. */
export interface MemcachedPlace {
  readonly host?: string | undefined;
  /** Default 11211. */
  readonly port?: number | undefined;
  /** A unix socket, in place of host and port. */
  readonly path?: string | undefined;
  /** How many times as many keys it gets as one of weight 1, if the distribution heeds that. Default 1. */
  readonly weight?: number | undefined;
  /** Overrides the option of the client. */
  readonly tls?: boolean | TlsClientOptions | undefined;
}

/** `'cache1'`, `'cache1:11211'`, `'[::1]:11211'`, `'/run/memcached.sock'`, or an object. */
export type MemcachedServerPlace = string | MemcachedPlace;

/** A place as a client uses it. */
export interface ReadyPlace {
  readonly info: ServerInfo;
  readonly connect: ConnectPlace;
}

const DEFAULT_PORT = 11211;
const MAX_WEIGHT = 65_535;

/**
 * @param tls of the client
 * @throws {InvalidOptionError} it is no place
 */
export function readPlace(given: MemcachedServerPlace, tls: boolean | TlsClientOptions | undefined): ReadyPlace {
  const place = typeof given === 'string' ? placeOf(given) : given;
  knownOptions('a server', place, ['host', 'port', 'path', 'weight', 'tls']);
  const { host = '127.0.0.1', path } = place;
  const weight = integerOption('weight', place.weight ?? 1, 1, MAX_WEIGHT);
  const encrypt = place.tls ?? tls;
  if (path !== undefined) {
    if (typeof path !== 'string' || path === '' || place.host !== undefined || place.port !== undefined) {
      throw new InvalidOptionError('a server has a path, or a host and a port: { host: "cache1", port: 11211 }');
    }
    return { info: { name: path, host: path, port: 0, weight }, connect: { path, tls: encrypt } };
  }
  if (typeof host !== 'string' || host === '')
    throw new InvalidOptionError('the host of a server is a name or address');
  const port = integerOption('port', place.port ?? DEFAULT_PORT, 1, 65_535);
  const name = placeName({ host, port });
  return { info: { name, host, port, weight }, connect: { host, port, tls: encrypt } };
}

/** @throws {InvalidOptionError} it is no place */
function placeOf(text: string): MemcachedPlace {
  const place = parsePlace(text);
  if (place !== undefined) return place;
  throw new InvalidOptionError(
    `${JSON.stringify(text)} names no server: 'cache1:11211', '[::1]:11211' or '/run/memcached.sock'`,
  );
}
