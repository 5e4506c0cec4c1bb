import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { flood, gone, linkOf, sample, setScene, silence } from './scene.ts';

const scene = setScene();

describe('resetAfter', () => {
  test.each(['up', 'down'] as const)('exactly so many bytes, then both sides are reset (%s)', async (direction) => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { [direction]: { resetAfter: 1234 } } });
    const { client, server } = await scene.join(proxy);
    const [sender, reader] = direction === 'up' ? [client, server] : [server, client];
    const text = sample(5000);
    sender.socket.write(text);
    // A reader that finds the last bytes and the reset together is told of an end instead.
    await Promise.all([sender.closed, reader.over()]);
    expect(sender.broken).toBe('ECONNRESET');
    expect(reader.text).toBe(text.slice(0, 1234));
    await gone(proxy);
  });

  test('0 is at once', async () => {
    const proxy = await scene.start({ faults: { resetAfter: 0 } });
    const { client, server } = await scene.join(proxy);
    await Promise.all([client.closed, server.closed]);
    expect([client.broken, server.broken]).toEqual(['ECONNRESET', 'ECONNRESET']);
    await gone(proxy);
  });

  test('a range is drawn from the seed, for each connection anew', async () => {
    scene.serve = silence;
    const counts = async (seed: number): Promise<number[]> => {
      const proxy = await scene.start({ faults: { up: { resetAfter: [100, 2000] } }, seed });
      const seen: number[] = [];
      for (let index = 0; index < 3; index++) {
        const { client, server } = await scene.join(proxy);
        client.socket.write(sample(5000));
        await Promise.all([client.closed, server.over()]);
        seen.push(server.bytes);
      }
      return seen;
    };
    const seen = await counts(7);
    expect(await counts(7)).toEqual(seen);
    expect(await counts(8)).not.toEqual(seen);
    expect(new Set(seen).size).toBe(3);
    for (const count of seen) expect(count >= 100 && count <= 2000).toBe(true);
  });
});

describe('endAfter', () => {
  test('exactly so many bytes, then a clean end, and the other direction goes on', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { up: { endAfter: 1234 } } });
    const { client, server } = await scene.join(proxy);
    const text = sample(5000);
    client.socket.write(text);
    await server.end();
    expect(server.text).toBe(text.slice(0, 1234));
    server.socket.end('partial');
    await client.end();
    client.socket.end();
    await Promise.all([client.closed, server.closed]);
    expect([client.text, client.broken, server.broken]).toEqual(['partial', undefined, undefined]);
    await gone(proxy);
  });

  test('0 is at once', async () => {
    scene.serve = silence;
    const { client, server } = await scene.join(await scene.start({ faults: { down: { endAfter: 0 } } }));
    await client.end();
    client.socket.end('heard');
    await server.end();
    expect([client.text, server.text]).toEqual(['', 'heard']);
  });
});

describe('halfOpen', () => {
  test('the other one never learns of an end', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { halfOpen: true } });
    const { client, server } = await scene.join(proxy);
    client.socket.end('last words');
    await server.has(10);
    server.socket.write('x');
    await client.has(1);
    await sleep(50);
    expect([server.ended, server.socket.closed, proxy.connections.size]).toEqual([false, false, 1]);
  });

  test('nor of a break', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { up: { halfOpen: true } } });
    const { client, server } = await scene.join(proxy);
    client.socket.write('x');
    await server.has(1);
    client.socket.resetAndDestroy();
    await client.closed;
    await sleep(50);
    server.socket.write('into nothing');
    await sleep(50);
    expect([server.ended, server.broken, server.socket.closed]).toEqual([false, undefined, false]);
    // The server can tell the proxy still, and then nobody is left.
    server.socket.resetAndDestroy();
    await gone(proxy);
  });
});

describe('blackHole', () => {
  test('so many bytes, then nothing, while the sender goes on', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { up: { blackHole: 10 } } });
    const { client, server } = await scene.join(proxy);
    const text = sample(1000);
    client.socket.write(text);
    await server.has(10);
    // More than buffers would take: somebody reads it.
    await new Promise<void>((resolve) => client.socket.end(Buffer.alloc(32 << 20), () => resolve()));
    server.socket.write('an answer');
    await client.has(9);
    expect([server.text, server.ended, server.socket.closed]).toEqual([text.slice(0, 10), false, false]);
    expect([proxy.connections.size, linkOf(proxy).up.held]).toEqual([1, 0]);
  });

  test('0 is at once', async () => {
    const proxy = await scene.start({ faults: { down: { blackHole: 0 } } });
    const { client, server } = await scene.join(proxy);
    client.socket.end('hello?');
    await server.end();
    await sleep(50);
    expect([server.text, client.bytes, client.ended, client.socket.closed]).toEqual(['hello?', 0, false, false]);
  });
});

describe('stallAfter', () => {
  test('so many bytes, then nothing is read', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ faults: { up: { stallAfter: 10 } } });
    const { client, server } = await scene.join(proxy);
    flood(client.socket);
    await server.has(10);
    await sleep(200);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    server.socket.write('an answer');
    await client.has(9);
    expect([server.text, linkOf(proxy).up.held]).toEqual(['x'.repeat(10), 0]);
    // A break is told all the same.
    server.socket.resetAndDestroy();
    await client.closed;
    await gone(proxy);
  });

  test('0 is at once', async () => {
    const { client, server } = await scene.join(await scene.start({ faults: { stallAfter: 0 } }));
    flood(client.socket);
    await sleep(200);
    expect([server.bytes, client.socket.writableLength > 0]).toEqual([0, true]);
  });
});

test('the nearest of several fates is the one', async () => {
  const { client, server } = await scene.join(
    await scene.start({ faults: { up: { resetAfter: 9, endAfter: 4, stallAfter: 5 } } }),
  );
  client.socket.write('hello world');
  await server.end();
  expect(server.text).toBe('hell');
});
