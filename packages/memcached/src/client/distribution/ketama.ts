/*
 * The continuum of libmemcached (libmemcached/hosts.cc, `update_continuum`), so that its clients, such as those of Python and PHP, find the
 * same keys: points on a circle of 32 bits, and a key belongs to the first point that is not before it.
 *
 *   weighted    points of a server   md5("<host>:<port>-<n>"), each four bytes of it one point, 160 for a server of average weight
 *               key                  the first four bytes of md5(key)
 *   otherwise   points of a server   Jenkins' one-at-a-time of the same text, 100 for each server
 *               key                  one-at-a-time of the key
 *
 * Bytes of MD5 are little-endian. A server on port 11211 stands without its port.
 */
import { hash } from 'node:crypto';

import { booleanOption, knownOptions } from '@wirewright/core/codec';

import type { WireKey } from '../keys.ts';
import type { Distribution, ServerInfo } from './distribution.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Options of {@link ketama}. */
export interface KetamaOptions {
  /**
   * Whether servers get keys by their weight, as with libmemcached's `KETAMA_WEIGHTED` (and what other libraries call ketama). Default true; with
   * false it is libmemcached's `KETAMA`, which is another circle even when all weights are the same.
   */
  readonly weighted?: boolean | undefined;
}

/** MEMCACHED_DEFAULT_PORT */
const DEFAULT_PORT = 11211;

/** MEMCACHED_POINTS_PER_SERVER and MEMCACHED_POINTS_PER_SERVER_KETAMA */
const POINTS = 100;
const WEIGHTED_POINTS = 160;

/** Points that are taken of one digest. */
const POINTS_PER_DIGEST = 4;

/**
 * Consistent hashing as in libmemcached: when a server comes or goes, only its share of the keys moves.
 *
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function ketama(options: KetamaOptions = {}): Distribution {
  knownOptions('ketama()', options, ['weighted']);
  const weighted = booleanOption('weighted', options.weighted ?? true);
  return (servers) => {
    const { points, owners } = circle(servers, weighted);
    const hashOf = weighted ? (key: WireKey): number => word(digest(key), 0) : oneAtATime;
    return (key) => owners[firstFrom(points, hashOf(key))]!;
  };
}

function circle(servers: readonly ServerInfo[], weighted: boolean): { points: Uint32Array; owners: Uint16Array } {
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  const all: { point: number; owner: number }[] = [];
  servers.forEach((server, owner) => {
    const place = server.port === DEFAULT_PORT ? server.host : `${server.host}:${server.port}`;
    if (!weighted) {
      for (let i = 0; i < POINTS; i++) all.push({ point: oneAtATime(`${place}-${i}`), owner });
      return;
    }
    const digests = digestsOf(server.weight, total, servers.length);
    for (let i = 0; i < digests; i++) {
      const bytes = digest(`${place}-${i}`);
      for (let j = 0; j < POINTS_PER_DIGEST; j++) all.push({ point: word(bytes, j), owner });
    }
  });
  all.sort((a, b) => a.point - b.point || a.owner - b.owner);
  return { points: Uint32Array.from(all, ({ point }) => point), owners: Uint16Array.from(all, ({ owner }) => owner) };
}

/** How many digests make the points of a server, with the single precision that libmemcached reckons in. */
function digestsOf(weight: number, total: number, servers: number): number {
  const share = Math.fround(Math.fround(weight) / Math.fround(total));
  const scaled = Math.fround(Math.fround(Math.fround(share * WEIGHTED_POINTS) / POINTS_PER_DIGEST) * servers);
  return Math.floor(Math.fround(scaled + 1e-10));
}

/** MD5 of a key, each byte as a character. */
function digest(key: WireKey): string {
  return hash('md5', key, 'binary');
}

/** Four of its bytes, little-endian. */
function word(bytes: string, index: number): number {
  const at = index * 4;
  const high = bytes.charCodeAt(at + 3) * 0x100_0000;
  return high + ((bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 1) << 8) | bytes.charCodeAt(at));
}

/** The first point that is not before `value`, or the very first. */
function firstFrom(points: Uint32Array, value: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low === points.length ? 0 : low;
}
