/*
 * A cache in front of something slow: many callers ask for the same things at the same time, and each is computed once. Two servers of our own
 * stand in for memcached, and one of them goes away.
 *
 *   node examples/dist/memcached-client.js
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { json, MemcachedClient, MemcachedServer } from '@wirewright/memcached';

import { run } from './run.ts';

interface Profile {
  readonly id: number;
  readonly name: string;
}

let computed = 0;

async function loadProfile(id: number): Promise<Profile> {
  computed++;
  await sleep(20);
  return { id, name: `user ${id}` };
}

await run(async () => {
  const servers = [new MemcachedServer(), new MemcachedServer()];
  for (const server of servers) await server.listen({ port: 0, host: '127.0.0.1' });

  const cache = new MemcachedClient(
    servers.map(({ port }) => `127.0.0.1:${port}`),
    { values: json<Profile>(), failure: 'next-server', failures: 1 },
  );
  const profile = (id: number): Promise<Profile> =>
    cache.fetch(`profile:${id}`, () => loadProfile(id), { ttl: 300, recache: 30, stale: 3600 });

  const asked = Array.from({ length: 1000 }, (_, i) => profile(i % 10));
  const names = new Set((await Promise.all(asked)).map(({ name }) => name));
  console.log(`1000 calls for ${names.size} profiles, ${computed} of them computed`);

  const keys = Array.from({ length: 10 }, (_, i) => `profile:${i}`);
  console.log(`${(await cache.getMany(keys)).size} of ${keys.length} are in the cache`);

  await cache.update('profile:7', (old) => ({ id: 7, name: `${old?.name ?? 'somebody'}, renamed` }), { ttl: 300 });
  console.log((await cache.get('profile:7'))?.name);

  await servers[0]!.close();
  // The first calls find it gone; then its keys belong to the other, where they are computed anew.
  for (let round = 0; round < 2; round++) await Promise.all(Array.from({ length: 10 }, (_, i) => profile(i)));
  console.log(`${(await cache.getMany(keys)).size} of ${keys.length} are there without one of the servers`);

  await cache.close();
  await servers[1]!.close();
});
