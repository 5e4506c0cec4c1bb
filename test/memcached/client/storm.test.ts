import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { MemcachedClient, MemcachedServer } from '@wirewright/memcached';
import { expect, onTestFinished, test } from 'vitest';

import { random } from '../../support/random.ts';

/** Between a client and a server: passes bytes on in pieces, late, and now and then breaks a connection. */
async function badWay(port: number, next: () => number): Promise<number> {
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const send = async (): Promise<void> => {
        for (let at = 0; at < chunk.length && !to.destroyed;) {
          const end = next() < 0.5 ? chunk.length : Math.min(chunk.length, at + 1 + Math.floor(next() * 200));
          to.write(chunk.subarray(at, end));
          at = end;
          if (next() < 0.2) await new Promise((resolve) => setTimeout(resolve, next() * 8));
        }
        if (next() < 0.004) from.destroy();
      };
      last = last.then(send);
    });
    from.on('error', () => {});
    from.on('close', () => to.destroy());
  };
  const proxy = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) sockets.add(socket);
    pass(near, far);
    pass(far, near);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return (proxy.address() as { port: number }).port;
}

test.each(['meta', 'text', 'binary'] as const)(
  'whatever comes late, breaks or is given up: each caller gets its own: %s',
  async (protocol) => {
    const server = new MemcachedServer().onError(() => {});
    onTestFinished(async () => {
      server.destroy();
      await server.close();
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const next = random(7);
    const port = await badWay(server.port!, next);
    const client = new MemcachedClient(`127.0.0.1:${port}`, {
      protocol,
      maxConnections: 2,
      timeout: 500,
      failures: 1000,
    });
    onTestFinished(async () => {
      await client.close({ grace: 0 });
    });
    const wrong: string[] = [];
    const counts = { done: 0, failed: 0 };
    const limits = (): { timeout?: number; signal?: AbortSignal } => {
      const drawn = next();
      if (drawn < 0.1) return { timeout: 1 + Math.floor(next() * 10) };
      return drawn < 0.2 ? { signal: AbortSignal.timeout(1 + Math.floor(next() * 10)) } : {};
    };
    const caller = async (id: number): Promise<void> => {
      const keys = [`caller-${id}-a`, `caller-${id}-b`];
      for (let turn = 0; turn < 60; turn++) {
        const key = keys[turn % 2]!;
        const check = (value: Buffer | undefined): void => {
          if (value !== undefined && !String(value).startsWith(`${key}=`)) wrong.push(`${key}: ${String(value)}`);
        };
        try {
          const drawn = next();
          if (drawn < 0.25) await client.set(key, `${key}=${turn}`.padEnd(Math.floor(next() * 3000), '.'), limits());
          else if (drawn < 0.5) check(await client.get(key, limits()));
          else if (drawn < 0.6) check((await client.gets(key, limits()))?.value);
          else if (drawn < 0.65) check(await client.getAndTouch(key, 100, limits()));
          else if (drawn < 0.75) void client.set(key, `${key}=${turn}`, { noreply: true });
          else if (drawn < 0.8) void client.delete(key, { noreply: true });
          else if (drawn < 0.85) await client.append('none', 'x', limits());
          else if (drawn < 0.9)
            await client.incr(key, 1, limits()).catch((error: { code: string }) => expect(error.code).toBeDefined());
          else
            for (const [found, value] of await client.getMany(keys, limits()))
              if (!String(value).startsWith(`${found}=`)) wrong.push(`${found}: ${String(value)}`);
          counts.done++;
        } catch {
          counts.failed++;
        }
      }
    };
    await Promise.all(Array.from({ length: 40 }, (_, id) => caller(id)));
    expect(wrong).toEqual([]);
    expect(counts.done).toBeGreaterThan(500);
    expect(counts.failed).toBeGreaterThan(10);
    expect(client.counters.calls).toBeGreaterThan(1000);
    await expect.poll(() => client.servers[0]!.pool.inFlight).toBe(0);
  },
);
