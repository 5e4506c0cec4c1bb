import { MemcachedClient } from '@wirewright/memcached';

import type { CacheClient } from './cache-client.ts';

/** Our client with a protocol, over one connection, values as bytes. */
export function openOurs(
  port: number,
  protocol: 'meta' | 'text' | 'binary',
): CacheClient<void, Uint8Array | undefined> {
  const client = new MemcachedClient([`127.0.0.1:${port}`], { protocol });
  return {
    set: (key, value) => client.set(key, value),
    isStored: () => true,
    get: (key) => client.get(key),
    valueIn: (value) => value,
    close: () => client.close(),
  };
}
