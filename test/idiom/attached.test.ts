import { duplexPair } from 'node:stream';

import { InvalidOptionError } from '@wirewright/core';
import { FakeClock, memoryPlace } from '@wirewright/core/testing';
import { JobServer, type JobStore } from '@wirewright/gearman';
import { MemcachedClient, MemcachedServer, MemoryStore } from '@wirewright/memcached';
import { expect, test } from 'vitest';

test('an item expires in a memcached server that only has streams', async () => {
  const clock = new FakeClock();
  const start = Date.now();
  const store = new MemoryStore({ wall: () => start + clock.now() });
  const server = new MemcachedServer({ clock, store });
  const client = new MemcachedClient(memoryPlace(server));
  await client.set('k', 'v', { ttl: 5 });
  expect(String(await client.get('k'))).toBe('v');
  clock.advance(7000);
  expect(await client.get('k')).toBeUndefined();
  await client.close();
  server.destroy();
  await server.closed;
  expect(clock.pending).toBe(0);
});

test('a job server with a store takes no stream before it is open', async () => {
  let opened = 0;
  const store: JobStore = {
    open: async () => ({ jobs: [], damage: (opened++, undefined) }),
    reserve: async () => 1,
    commit: async () => {},
    close: async () => {},
  };
  const server = new JobServer({ store });
  const [here, there] = duplexPair();
  expect(() => server.attach(there)).toThrow(InvalidOptionError);
  await server.open();
  expect(opened).toBe(1);
  server.attach(there);
  expect(server.connections.size).toBe(1);
  here.destroy();
  server.destroy();
  await server.closed;
});
