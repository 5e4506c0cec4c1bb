import Memcached from 'memcached';

import type { CacheClient } from './cache-client.ts';

/** memcached: the text protocol over a pool of connections, values as text, callbacks only. */
export function openMemcached(port: number): CacheClient<boolean, string | Uint8Array | undefined> {
  const client = new Memcached(`127.0.0.1:${port}`);
  return {
    set: (key, value) =>
      new Promise((resolve, reject) => {
        client.set(key, value, 0, (error, done) => (error === undefined ? resolve(done) : reject(error)));
      }),
    isStored: (done) => done,
    get: (key) =>
      new Promise((resolve, reject) => {
        client.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
      }),
    valueIn: (value) => value,
    close: () => client.end(),
  };
}
