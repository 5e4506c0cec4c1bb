import { Buffer } from 'node:buffer';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, QueueFullError, Server } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

import { addUp, asking, outcome, whole } from './asking.ts';

/** Ten bytes on the wire. */
const ten = (i: number): string => `${i}`.padStart(9, '.');

describe('the window', () => {
  test('is how many requests are on the wire at most; the others wait, in order', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking({ window: 3 });
    const asked = Array.from({ length: 7 }, (_, i) => ask(`${i}`));
    expect(sent()).toEqual(['0', '1', '2']);
    expect([exchange.inFlight, exchange.waiting, exchange.room]).toEqual([3, 4, 0]);
    await reply('a');
    expect(sent()).toEqual(['3']);
    addUp(exchange);
    await reply('b', 'c');
    expect(sent()).toEqual(['4', '5']);
    await reply('d', 'e', 'f');
    expect(sent()).toEqual(['6']);
    expect([exchange.inFlight, exchange.waiting, exchange.room]).toEqual([1, 0, 2]);
    await reply('g');
    expect(asked.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await allSettled();
  });

  test('of one is a strict dialogue, also for what is asked inside collect', async () => {
    const { ask, sent, reply, allSettled } = asking({ window: 1 });
    ask('a', (frame) => {
      ask('inner');
      return frame;
    });
    ask('b');
    await reply('1');
    expect(sent()).toEqual(['a', 'b']);
    await reply('2');
    expect(sent()).toEqual(['inner']);
    await reply('3');
    await allSettled();
  });

  test('lets nobody overtake those that wait, not even what expects no reply', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking({ window: 1 });
    ask('a');
    ask('b');
    const told = outcome(exchange.send('quiet'));
    ask('c');
    await reply('1');
    expect(sent()).toEqual(['a', 'b']);
    expect(told.settled).toBe(0);
    await reply('2');
    expect(sent()).toEqual(['quiet', 'c']);
    expect(told.settled).toBe(1);
    await reply('3');
    await allSettled();
  });
});

describe('maxWaiting', () => {
  test('is how many requests wait at most; those beyond are refused', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking({ window: 2, maxWaiting: 3 });
    const asked = Array.from({ length: 5 }, (_, i) => ask(`${i}`));
    const [refused, unsent] = [ask('5'), outcome(exchange.send('quiet'))];
    await reply('a');
    expect(refused.error).toBeInstanceOf(QueueFullError);
    expect(unsent.error).toBeInstanceOf(QueueFullError);
    expect(asked.map(({ settled }) => settled)).toEqual([1, 0, 0, 0, 0]);
    const another = ask('6');
    const tooMany = ask('7');
    await reply('b', 'c', 'd', 'e', 'f');
    expect(sent()).toEqual(['0', '1', '2', '3', '4', '6']);
    expect(another.value).toBe('f');
    expect(tooMany.error).toBeInstanceOf(QueueFullError);
    expect(exchange.counters).toMatchObject({ requests: 8, replies: 6, failures: 2 });
    await allSettled();
  });

  test('of 0 lets nobody wait, and everybody whom the window has room for go', async () => {
    const { ask, sent, reply, exchange } = asking({ window: 2, maxWaiting: 0 });
    const results = exchange.pipeline().request('0', whole).send('quiet').request('1', whole).exec();
    const refused = ask('2');
    expect(sent()).toEqual(['0', 'quiet', '1']);
    await reply('a', 'b');
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(refused.error).toBeInstanceOf(QueueFullError);
    expect(ask('3').settled).toBe(0);
    await reply('c');
    expect(exchange.counters).toMatchObject({ requests: 4, replies: 3, failures: 1 });
    expect(exchange.waiting).toBe(0);
  });

  test('makes room for those that were given up', async () => {
    const { ask, embedded, allSettled } = asking({ window: 1, maxWaiting: 1 });
    ask('a');
    const controller = new AbortController();
    ask('b', whole, { signal: controller.signal });
    controller.abort();
    const c = ask('c', whole, { timeout: 100 });
    embedded.advance(113);
    const d = ask('d');
    await embedded.settled();
    expect([c.settled, d.settled]).toEqual([1, 0]);
    embedded.connection.destroy();
    await allSettled();
  });
});

describe('a socket that is full', () => {
  const marks = { highWaterMark: 50, lowWaterMark: 20 };

  test('has requests wait, and goes on when it has drained', async () => {
    const { ask, sent, reply, embedded, exchange, allSettled } = asking({}, marks);
    embedded.stall();
    for (let i = 0; i < 10; i++) {
      ask(ten(i));
      embedded.connection.flush();
    }
    // One more than the mark: that is how it is noticed.
    expect([exchange.inFlight, exchange.waiting, exchange.room]).toEqual([6, 4, 0]);
    expect(embedded.connection.bufferedBytes).toBe(60);
    await embedded.settled();
    expect(sent()).toHaveLength(6);
    embedded.unstall();
    expect([exchange.inFlight, exchange.waiting]).toEqual([10, 0]);
    await embedded.settled();
    expect(sent()).toEqual([6, 7, 8, 9].map(ten));
    expect(exchange.room).toBe(1024 - 10);
    await reply(...Array.from({ length: 10 }, (_, i) => `reply ${i}`));
    await allSettled();
  });

  test('may fill again while it is filled', async () => {
    const { ask, sent, reply, embedded, exchange, allSettled } = asking({}, marks);
    embedded.stall();
    for (let i = 0; i < 30; i++) ask(ten(i));
    for (let round = 1; round <= 5; round++) {
      await embedded.settled();
      expect([exchange.inFlight, exchange.waiting]).toEqual([6 * round, 30 - 6 * round]);
      embedded.unstall();
      embedded.stall();
    }
    embedded.unstall();
    await embedded.settled();
    expect(sent()).toEqual(Array.from({ length: 30 }, (_, i) => ten(i)));
    await reply(...Array.from({ length: 30 }, (_, i) => `${i}`));
    await allSettled();
  });

  test('of a client does not keep it from reading', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({}, marks);
    embedded.stall();
    const asked = Array.from({ length: 12 }, (_, i) => ask(ten(i)));
    embedded.connection.flush();
    expect(exchange.inFlight).toBe(6);
    await reply('a', 'b', 'c');
    await reply('d');
    expect(asked.slice(0, 5).map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', undefined]);
    expect(embedded.paused).toBe(false);
    // Replies make room in the window, but not on the socket.
    expect(exchange.waiting).toBe(6);
    embedded.unstall();
    await reply(...Array.from({ length: 8 }, (_, i) => `${i}`));
    await allSettled();
  });

  test('of a server holds reading until it has drained, and nothing is lost', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({}, { ...marks, role: 'server' });
    embedded.stall();
    const a = ask('x'.repeat(60));
    ask('b');
    embedded.connection.flush();
    await reply('1');
    await reply('2');
    expect(a.settled).toBe(0);
    expect(exchange.waiting).toBe(1);
    embedded.unstall();
    await allSettled();
    expect(a.value).toBe('1');
  });

  test('counts what others send, and wakes the exchange though it was them who filled it', async () => {
    const { ask, embedded, exchange, reply, allSettled } = asking({}, marks);
    embedded.stall();
    expect(embedded.connection.send('x'.repeat(100))).toBe(false);
    ask('a');
    ask('b');
    expect([exchange.inFlight, exchange.waiting]).toEqual([1, 1]);
    await embedded.settled();
    embedded.unstall();
    await embedded.settled();
    expect([exchange.inFlight, exchange.waiting]).toEqual([2, 0]);
    await reply('1', '2');
    await allSettled();
  });

  test('has what expects no reply wait, too, and a close in good order waits for it', async () => {
    const { sent, embedded, exchange } = asking({}, marks);
    embedded.stall();
    await exchange.send('x'.repeat(60));
    const told = outcome(exchange.send('last words'));
    await embedded.settled();
    const closed = outcome(embedded.connection.close({ drain: true }));
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect([told.settled, closed.settled, embedded.ended]).toEqual([0, 0, false]);
    embedded.unstall();
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect(told).toEqual({ settled: 1, value: undefined });
    expect(sent()).toEqual(['x'.repeat(60), 'last words']);
    expect(embedded.ended).toBe(true);
    embedded.end();
    await embedded.settled();
    expect(closed.value).toBe('shutdown');
  });

  test('that is filled beyond bounds breaks, and whoever asked then is told', async () => {
    for (const answered of [true, false]) {
      const { ask, embedded, exchange } = asking({}, { ...marks, maxBufferedBytes: 100 });
      embedded.stall().connection.send('x'.repeat(200));
      embedded.connection.flush();
      const asked = answered ? ask('a') : outcome(exchange.send('quiet'));
      await embedded.settled();
      expect(embedded.connection.closeReason).toBe('overflow');
      expect(asked.settled).toBe(1);
      expect(asked.error).toMatchObject({ reason: 'overflow', cause: { code: 'WIRE_OVERFLOW' } });
      addUp(exchange);
    }
  });

  test('has requests wait no longer than their deadline', async () => {
    const { ask, sent, embedded, exchange, allSettled } = asking({ timeout: 100 }, { ...marks, stallTimeout: false });
    embedded.stall();
    for (let i = 0; i < 10; i++) ask(ten(i));
    await embedded.settled();
    embedded.advance(113);
    await embedded.settled();
    expect([exchange.inFlight, exchange.waiting, exchange.abandoned]).toEqual([0, 0, 6]);
    embedded.unstall();
    await embedded.settled();
    expect(sent()).toHaveLength(6);
    await allSettled();
  });
});

test('megabytes each way over a socket do not lock up, and are never all in memory', async () => {
  const server = new Server({ codec: lengthPrefixed({ maxFrameLength: 64 * 1024 }) }).onRead((connection, message) =>
    connection.send(message),
  );
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client({ codec: lengthPrefixed({ maxFrameLength: 64 * 1024 }) });
  const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
  const exchange = new Exchange(connection);
  let most = 0;
  const asked = Array.from({ length: 600 }, async (_, i) => {
    const message = Buffer.alloc(32 * 1024, i);
    const reply = await exchange.request(message, (frame) => {
      most = Math.max(most, connection.bufferedBytes);
      return frame;
    });
    expect(reply.equals(message)).toBe(true);
  });
  expect(exchange.waiting).toBeGreaterThan(0);
  await Promise.all(asked);
  expect(exchange.counters).toMatchObject({ requests: 600, replies: 600 });
  expect(most).toBeLessThan(256 * 1024);
  await client.close();
  await server.close();
});

test('a server asks its clients', async () => {
  const server = new Server({ codec: line() });
  const answers: string[] = [];
  server.onConnect(async (connection) => {
    const exchange = new Exchange(connection);
    for (let i = 0; i < 3; i++) answers.push(await exchange.request(`question ${i}`, whole));
    await connection.close();
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client({ codec: line() }).onRead((connection, text) => connection.send(`re ${text}`));
  const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
  expect(await connection.closed).toBe('peer');
  expect(answers).toEqual(['re question 0', 're question 1', 're question 2']);
  await client.close();
  await server.close();
});
