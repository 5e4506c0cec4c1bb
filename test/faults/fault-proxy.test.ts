import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { Peer } from '../support/peer.ts';
import { flood, gone, linkOf, sample, setScene, silence } from './scene.ts';

const scene = setScene();

describe('without a fault', () => {
  test('what goes in comes out, with the end of each side', async () => {
    const proxy = await scene.start();
    const { client, server } = await scene.join(proxy);
    const text = sample(1 << 20);
    client.socket.end(text);
    await client.end();
    expect(client.text).toBe(text);
    expect([server.ended, server.broken, client.broken]).toEqual([true, undefined, undefined]);
    await gone(proxy);
    expect(proxy.accepted).toBe(1);
  });

  test('one side may go on after the other has ended', async () => {
    scene.serve = silence;
    const { client, server } = await scene.join(await scene.start());
    server.socket.end('last words');
    await client.end();
    client.socket.end('an answer');
    await server.end();
    expect([client.text, server.text]).toEqual(['last words', 'an answer']);
  });

  test('who breaks off a connection, breaks it off for the other one', async () => {
    const proxy = await scene.start();
    const first = await scene.join(proxy);
    first.client.socket.resetAndDestroy();
    await first.server.closed;
    expect(first.server.broken).toBe('ECONNRESET');
    const second = await scene.join(proxy);
    second.server.socket.resetAndDestroy();
    await second.client.closed;
    expect(second.client.broken).toBe('ECONNRESET');
    await gone(proxy);
  });

  test('a server that is not there breaks off the client', async () => {
    const proxy = await scene.start();
    await scene.stop();
    const client = new Peer(connect(proxy.port, '127.0.0.1'));
    await client.closed;
    expect(client.broken).toBe('ECONNRESET');
    await gone(proxy);
  });

  test.each(['up', 'down'] as const)(
    'who does not read slows the sender, and little is held (%s)',
    async (direction) => {
      scene.serve = silence;
      const proxy = await scene.start();
      const { client, server } = await scene.join(proxy);
      const [sender, reader] = direction === 'up' ? [client, server] : [server, client];
      reader.socket.pause();
      flood(sender.socket);
      const flow = linkOf(proxy)[direction];
      await vi.waitFor(() => expect(flow.held).toBeGreaterThan(0), patient);
      await sleep(200);
      expect(flow.held).toBeLessThan(1 << 20);
      expect(sender.socket.writableLength).toBeGreaterThan(0);
      // And what was held goes on when there is a reader.
      const before = flow.forwarded;
      reader.socket.resume();
      await reader.has(before + (8 << 20));
    },
  );
});

describe('the proxy', () => {
  test('takes other faults for later connections, and those that are chosen', async () => {
    scene.serve = silence;
    const proxy = await scene.start({ choose: (index) => (index === 1 ? { up: { endAfter: 1 } } : undefined) });
    const texts: string[] = [];
    for (const faults of [{}, {}, { endAfter: 3 }, { endAfter: 3, up: { endAfter: 2 } }]) {
      proxy.faults = faults;
      const { client, server } = await scene.join(proxy);
      client.socket.end('hello');
      await server.end();
      texts.push(server.text);
    }
    expect(texts).toEqual(['hello', 'h', 'hel', 'he']);
  });

  test('resetAll() breaks off all links on both sides, and others can come', async () => {
    const proxy = await scene.start();
    const pairs = [await scene.join(proxy), await scene.join(proxy), await scene.join(proxy)];
    expect(proxy.connections.size).toBe(3);
    proxy.resetAll();
    for (const { client, server } of pairs) {
      await Promise.all([client.closed, server.closed]);
      expect([client.broken, server.broken]).toEqual(['ECONNRESET', 'ECONNRESET']);
    }
    await gone(proxy);
    const { client } = await scene.join(proxy);
    client.socket.end('again');
    await client.end();
    expect([client.text, proxy.accepted]).toEqual(['again', 4]);
  });

  test('resetAll() in the turn of an end leaves no link', async () => {
    const proxy = await scene.start();
    const { client } = await scene.join(proxy);
    client.socket.end('x');
    await client.has(1);
    // The end may be on its way, in either direction.
    while (proxy.connections.size > 0) {
      proxy.resetAll();
      await new Promise(setImmediate);
    }
    await client.closed;
  });

  test('close() leaves nothing that waits, whatever the fault', async () => {
    const minutes = 10 * 60_000;
    const faults = [
      {},
      { delay: minutes },
      { coalesce: minutes },
      { bandwidth: 1 },
      { split: 1 },
      { halfOpen: true },
      { blackHole: 1 },
      { stallAfter: 1 },
      { endAfter: 1 },
      { resetAfter: 1 << 30 },
    ];
    scene.serve = silence;
    const proxy = await scene.start({ choose: (index) => faults[index] });
    const pairs = [];
    for (const _ of faults) {
      const pair = await scene.join(proxy);
      flood(pair.client.socket);
      flood(pair.server.socket);
      pairs.push(pair);
    }
    await sleep(50);
    const links = [...proxy.connections];
    expect(links.length).toBe(faults.length);
    await proxy.close();
    expect(proxy.connections.size).toBe(0);
    await Promise.all(links.map((link) => link.closed));
    for (const { client, server } of pairs) {
      client.socket.end();
      server.socket.end();
      await Promise.all([client.closed, server.closed]);
    }
    const late = new Peer(connect(proxy.port, '127.0.0.1'));
    await late.closed;
    expect(late.broken).toBe('ECONNREFUSED');
  });
});
