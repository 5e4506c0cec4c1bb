import { type ConnectPlace, readPlace, type ReadyPlace, type TlsClientOptions } from '@wirewright/core';
import { integerOption } from '@wirewright/core/codec';

import { USUAL_PORT } from '../usual-port.ts';
import type { ServerInfo } from './distribution/distribution.ts';

/** A server of a client, and its share of the keys. */
export interface WeightedPlace extends ConnectPlace {
  /** How many times as many keys it gets as one of weight 1, if the distribution heeds that. Default 1. */
  readonly weight?: number | undefined;
}

/** `'cache1'`, `'cache1:11211'`, `'[::1]:11211'`, `'/run/memcached.sock'`, or an object. */
export type MemcachedPlace = string | WeightedPlace;

/** A place as a client uses it. */
export interface ReadyServer extends ReadyPlace {
  readonly info: ServerInfo;
}

const MAX_WEIGHT = 65_535;

/**
 * @param tls of the client
 * @throws {InvalidOptionError} it is no place
 */
export function readServer(given: MemcachedPlace, tls: boolean | TlsClientOptions | undefined): ReadyServer {
  const { weight = 1, ...place }: WeightedPlace = typeof given === 'string' ? {} : given;
  integerOption('weight', weight, 1, MAX_WEIGHT);
  const target = typeof given === 'string' ? given : place;
  const { name, connect } = readPlace('a server', target, { port: USUAL_PORT, tls });
  // What has no port is called by its name alone in the ring.
  const { host = name, port = 0 } = connect;
  return { name, connect, info: { name, host, port, weight } };
}
