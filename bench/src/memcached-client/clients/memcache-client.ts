import type { Buffer } from 'node:buffer';

import { MemcacheClient, type RetrievalCommandResponse } from 'memcache-client';

import type { CacheClient } from './cache-client.ts';

/** memcache-client: the text protocol over one connection, values as what was stored, here text. */
export function openMemcacheClient(
  port: number,
): CacheClient<readonly string[], RetrievalCommandResponse<string> | undefined> {
  const client = new MemcacheClient({ server: `127.0.0.1:${port}` });
  return {
    set: (key, value) => client.set(key, value as string | Buffer),
    isStored: ([word]) => word === 'STORED',
    get: (key) => client.get<string>(key),
    valueIn: (answer) => answer?.value,
    close: () => client.shutdown(),
  };
}
