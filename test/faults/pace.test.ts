import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { flood, linkOf, sample, setScene } from './scene.ts';

const scene = setScene();

describe('delay', () => {
  test('each chunk comes so much later', async () => {
    const { client } = await scene.join(await scene.start({ faults: { up: { delay: 50 } } }));
    for (let index = 1; index <= 3; index++) {
      const begin = performance.now();
      client.socket.write('x');
      await client.has(index);
      expect(performance.now() - begin).toBeGreaterThan(45);
    }
  });

  test('a range keeps the order, and the end comes last', async () => {
    const { client, server } = await scene.join(await scene.start({ faults: { delay: [0, 20] } }));
    const text = sample(2000);
    for (let from = 0; from < text.length; from += 100) {
      client.socket.write(text.slice(from, from + 100));
      await sleep(1);
    }
    client.socket.end();
    await client.end();
    expect([server.text, client.text]).toEqual([text, text]);
  });
});

describe('split and coalesce', () => {
  test('a chunk comes in pieces', async () => {
    const proxy = await scene.start({ faults: { up: { split: 3 } } });
    const { client, server } = await scene.join(proxy);
    const text = sample(1000);
    client.socket.end(text);
    await client.end();
    expect([server.text, client.text]).toEqual([text, text]);
    // About 500: however many of them a busy system puts together, it was one.
    expect(server.chunks.length).toBeGreaterThan(50);
  });

  test('chunks are gathered', async () => {
    const { client, server } = await scene.join(await scene.start({ faults: { up: { coalesce: 100 } } }));
    const begin = performance.now();
    client.socket.write('a');
    await sleep(5);
    client.socket.write('b');
    await server.has(2);
    expect(performance.now() - begin).toBeGreaterThan(95);
    expect(server.text).toBe('ab');
  });
});

describe('bandwidth', () => {
  test('so many bytes take their time', async () => {
    const { client, server } = await scene.join(await scene.start({ faults: { up: { bandwidth: 100_000 } } }));
    const text = sample(30_000);
    const begin = performance.now();
    client.socket.write(text);
    await server.has(text.length);
    expect(performance.now() - begin).toBeGreaterThan(295);
    expect(server.text).toBe(text);
  });

  test('the sender feels it', async () => {
    const proxy = await scene.start({ faults: { up: { bandwidth: 1_000_000 } } });
    const { client, server } = await scene.join(proxy);
    flood(client.socket);
    await server.has(300_000);
    expect(linkOf(proxy).up.held).toBeLessThan(1 << 18);
    expect(client.socket.writableLength).toBeGreaterThan(0);
  });
});
