import { Memcache } from 'memcache';

import type { CacheClient } from './cache-client.ts';

/** memcache: the text protocol over one connection, values as text. */
export function openMemcache(port: number): CacheClient<boolean, string | undefined> {
  const client = new Memcache(`127.0.0.1:${port}`);
  return {
    set: (key, value) => client.set(key, value as string),
    isStored: (done) => done,
    get: (key) => client.get(key),
    valueIn: (value) => value,
    close: () => client.quit(),
  };
}
