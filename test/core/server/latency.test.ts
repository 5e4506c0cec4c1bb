import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, InvalidOptionError, type LatencyRecorder, Server } from '@wirewright/core';
import { expect, expectTypeOf, test } from 'vitest';

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

test('anything that records can take the latencies, of servers, exchanges and pools', async () => {
  const took: string[] = [];
  const recorder = (name: string): LatencyRecorder => ({
    record: (nanoseconds) => took.push(`${name} ${Number.isInteger(nanoseconds) && nanoseconds > 0}`),
  });
  const server = new Server<string>({ codec: line(), latency: recorder('server') }).onRead((connection, text) => {
    connection.send(text);
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const place = { port: server.port!, host: '127.0.0.1' };
  const client = new Client<string>({ codec: line() });
  const exchange = new Exchange(await client.connect(place), { latency: recorder('exchange') });
  await exchange.request('a', (text) => text);
  const pool = client.pool(place, { latency: recorder('pool') });
  await pool.request('b', (text) => text);
  expect(took).toEqual(['server true', 'exchange true', 'server true', 'pool true']);
  // There is nothing to read: whoever gave it has it.
  expect([server.latency, exchange.latency, pool.latency]).toEqual([undefined, undefined, undefined]);
  expectTypeOf(server.latency).toEqualTypeOf<RecordableHistogram | undefined>();
  expectTypeOf<RecordableHistogram>().toExtend<LatencyRecorder>();
  await Promise.all([client.close(), server.close()]);
});

test.each<[string, () => void]>([
  [
    'throws',
    () => {
      throw new Error('full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('full'))],
])('a recorder that %s is a process warning, and no matter of the request', async (_, record) => {
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warned);
  try {
    const latency = { record };
    const server = new Server<string>({ codec: line(), latency }).onRead(async (connection, text) => {
      connection.send(text);
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = new Client<string>({ codec: line() });
    const exchange = new Exchange(await client.connect({ port: server.port!, host: '127.0.0.1' }), { latency });
    expect(await exchange.request('a', (text) => text)).toBe('a');
    await expect.poll(() => warnings).toEqual(Array(2).fill('latency.record failed: full'));
    await Promise.all([client.close(), server.close()]);
  } finally {
    process.off('warning', warned);
  }
});

test('without the option there is no histogram', () => {
  expect(new Server({ codec: line() }).latency).toBeUndefined();
  expect(new Server({ codec: line(), latency: false }).latency).toBeUndefined();
  expect(() => new Server({ codec: line(), latency: {} as never })).toThrow(InvalidOptionError);
  expect(() => new Server({ codec: line(), latency: null as never })).toThrow(InvalidOptionError);
});
