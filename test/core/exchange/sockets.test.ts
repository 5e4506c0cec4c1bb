import { createServer, type Socket } from 'node:net';

import { type Line, line } from '@wirewright/codec-line';
import { Client, Exchange } from '@wirewright/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { whole } from './asking.ts';

/** A server that is the test: resolves with where it listens and with the sockets of those who connect. */
async function peer(onLine: (text: string, socket: Socket) => void): Promise<{ port: number; host: string }> {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const text of chunk.toString().trim().split('\n')) onLine(text, socket);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (listener.address() as { port: number }).port, host: '127.0.0.1' };
}

describe('over sockets,', () => {
  test('a request that onConnect waits for is answered', async () => {
    const place = await peer((text, socket) => void socket.write(`re ${text}\n`));
    const exchanges: Exchange<string, Line>[] = [];
    const greetings: string[] = [];
    for (const late of [false, true]) {
      const client = new Client({ codec: line() }).onConnect(async (connection) => {
        if (late) await Promise.resolve();
        const exchange = new Exchange(connection);
        exchanges.push(exchange);
        greetings.push(await exchange.request('hello', whole), await exchange.request('auth', whole));
      });
      const connection = await client.connect(place);
      expect(await exchanges.at(-1)!.request('ready', whole)).toBe('re ready');
      expect(connection.closeReason).toBe(undefined);
      await client.close();
    }
    expect(greetings).toEqual(['re hello', 're auth', 're hello', 're auth']);
  });

  test('a request before there is a codec is rejected, and one behind it is answered', async () => {
    const place = await peer((text, socket) => void socket.write(`re ${text}\n`));
    const client = new Client<string, Line>().onConnect(async (connection) => {
      const exchange = new Exchange(connection);
      await expect(exchange.request('too early', whole)).rejects.toMatchObject({ code: 'WIRE_NO_CODEC' });
      connection.setCodec(line());
      expect(await exchange.request('hello', whole)).toBe('re hello');
      expect(exchange.counters).toMatchObject({ requests: 2, replies: 1, failures: 1 });
    });
    await client.connect(place);
    await client.close();
  });

  test.each([
    ['ends', 'peer', (socket: Socket) => void socket.end()],
    ['resets', 'reset', (socket: Socket) => void socket.resetAndDestroy()],
  ])('a peer that %s in the middle of a reply', async (_name, reason, end) => {
    let serving: Socket | undefined;
    const place = await peer((text, socket) => {
      serving = socket;
      if (text === 'a') socket.write('1\n');
      if (text === 'list') socket.write('x\nhalf');
    });
    const client = new Client({ codec: line() }).onError(() => {});
    const connection = await client.connect(place);
    const exchange = new Exchange(connection);
    // A reset takes along what has not been read.
    const collect = (frame: string): undefined => {
      if (frame === 'x') end(serving!);
    };
    const asked = [exchange.request('a', whole), exchange.request('list', collect), exchange.request('b', whole)];
    const results = await Promise.allSettled(asked);
    expect(results[0]).toEqual({ status: 'fulfilled', value: '1' });
    for (const result of results.slice(1)) expect(result).toMatchObject({ reason: { reason, sent: true } });
    expect(await connection.closed).toBe(reason);
    expect(exchange.counters).toMatchObject({ requests: 3, replies: 1, lost: 2 });
    await client.close();
  });

  test('a deadline comes by the clock of the machine, and the connection goes on', async () => {
    const place = await peer((text, socket) => {
      if (text === 'next') socket.write('late\nre next\n');
    });
    const client = new Client({ codec: line() });
    const exchange = new Exchange(await client.connect(place));
    const before = performance.now();
    const slow = exchange.request('slow', whole, { timeout: 30 });
    await expect(slow).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(30);
    expect(await exchange.request('next', whole)).toBe('re next');
    expect(exchange.counters).toMatchObject({ timeouts: 1, late: 1, replies: 1 });
    await client.close();
  });
});
