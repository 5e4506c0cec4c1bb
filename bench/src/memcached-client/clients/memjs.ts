import memjs from 'memjs';

import type { CacheClient } from './cache-client.ts';

/** memjs: the binary protocol over one connection, values as buffers. */
export function openMemjs(port: number): CacheClient<boolean, { value: Uint8Array | null }> {
  const client = memjs.Client.create(`127.0.0.1:${port}`);
  return {
    set: (key, value) => client.set(key, value, {}),
    isStored: (done) => done,
    get: (key) => client.get(key),
    valueIn: ({ value }) => value,
    close: () => client.close(),
  };
}
