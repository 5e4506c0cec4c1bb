import { createHistogram } from 'node:perf_hooks';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, InvalidOptionError, Server } from '@wirewright/core';
import { expect, test } from 'vitest';

test('the latency of onRead is recorded until its promise has settled, failures included', async () => {
  const server = new Server<string>({ codec: line(), latency: true }).onRead(async (connection, text) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (text === 'fail') throw new Error('as asked');
    connection.send(text);
  });
  server.onError(() => {});
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client<string>({ codec: line() });
  const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
  for (const text of ['a', 'b', 'fail']) connection.send(text);
  const received: string[] = [];
  for await (const text of connection) received.push(text);
  expect(received).toEqual(['a', 'b']);
  expect(server.latency!.count).toBe(3);
  expect(server.latency!.min).toBeGreaterThan(15_000_000);
  await server.close();
});

test('a hook whose work begins when it is waited for does it once', async () => {
  let runs = 0;
  const server = new Server<string>({ codec: line(), latency: true }).onRead((connection, text) => ({
    // oxlint-disable-next-line unicorn/no-thenable -- what some libraries of databases return
    then(settled: () => void) {
      runs++;
      connection.send(text);
      settled();
    },
  }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client<string>({ codec: line() });
  const exchange = new Exchange(await client.connect({ port: server.port!, host: '127.0.0.1' }));
  expect(await exchange.request('hello', (text) => text)).toBe('hello');
  expect([runs, server.latency?.count]).toEqual([1, 1]);
  await Promise.all([client.close(), server.close()]);
});

test('a hook that returns nothing is timed, too, in a histogram that is shared', async () => {
  const histogram = createHistogram();
  const server = new Server<string>({ codec: line(), latency: histogram }).onRead((connection, text) => {
    connection.send(text);
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client<string>({ codec: line() });
  const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
  connection.send('a');
  for await (const text of connection) {
    expect(text).toBe('a');
    break;
  }
  expect(histogram.count).toBe(1);
  await server.close();
});

test('without the option there is no histogram', () => {
  expect(new Server({ codec: line() }).latency).toBeUndefined();
  expect(new Server({ codec: line(), latency: false }).latency).toBeUndefined();
  expect(() => new Server({ codec: line(), latency: {} as never })).toThrow(InvalidOptionError);
});
