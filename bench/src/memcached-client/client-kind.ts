import type { CacheClient } from './clients/cache-client.ts';

/** Ours, by protocol; the first is the default one. */
export const OURS = ['meta', 'text', 'binary'] as const;

/** The others, by the name of their npm package. */
export const PEERS = ['memjs', 'memcached', 'memcache', 'memcache-client'] as const;

/** A client that is measured. */
export type ClientKind = (typeof OURS)[number] | (typeof PEERS)[number];

/** All of them, in the order of the columns. */
export const CLIENTS: readonly ClientKind[] = [...OURS, ...PEERS];

type Open = (port: number) => Promise<CacheClient>;

const ours =
  (protocol: (typeof OURS)[number]): Open =>
  async (port) =>
    (await import('./clients/ours.ts')).openOurs(port, protocol);

const openers: Readonly<Record<ClientKind, Open>> = {
  meta: ours('meta'),
  text: ours('text'),
  binary: ours('binary'),
  memjs: async (port) => (await import('./clients/memjs.ts')).openMemjs(port),
  memcached: async (port) => (await import('./clients/memcached.ts')).openMemcached(port),
  memcache: async (port) => (await import('./clients/memcache.ts')).openMemcache(port),
  'memcache-client': async (port) => (await import('./clients/memcache-client.ts')).openMemcacheClient(port),
};

/** Loads a client, and nothing of the others, and has it use the memcached on a port. */
export function openClient(kind: ClientKind, port: number): Promise<CacheClient> {
  return openers[kind](port);
}
