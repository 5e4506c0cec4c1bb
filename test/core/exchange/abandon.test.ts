import { getEventListeners } from 'node:events';

import { RequestTimeoutError } from '@wirewright/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { asking, whole } from './asking.ts';

const reason = new Error('changed my mind');

describe('a deadline', () => {
  test.each([1, 7, 79, 80, 1000, 30_000, 86_400_000])('of %i ms is kept, and never comes early', async (timeout) => {
    // The clock starts between two milliseconds, and other deadlines are about.
    for (const start of [0, 0.9, 1234.5]) {
      const { ask, embedded, allSettled } = asking();
      embedded.advance(start);
      const others = [ask('long', whole, { timeout: timeout * 2 + 10 }), ask('longer', whole, { timeout: false })];
      const a = ask('a', whole, { timeout });
      await embedded.settled();
      embedded.advance(timeout - 0.01);
      await embedded.settled();
      expect(a.settled).toBe(0);
      embedded.advance(0.01 + Math.max(10, timeout / 8));
      await embedded.settled();
      expect(a.error).toBeInstanceOf(RequestTimeoutError);
      expect(a.error).toMatchObject({
        code: 'WIRE_REQUEST_TIMEOUT',
        sent: true,
        message: `no reply within ${timeout} ms`,
      });
      expect(others.map(({ settled }) => settled)).toEqual([0, 0]);
      embedded.connection.destroy();
      await allSettled();
    }
  });

  test('is not early for the company of one that was set a moment before', async () => {
    const { ask, embedded, allSettled } = asking({ timeout: 100 });
    const before = ask('before');
    embedded.advance(0.9);
    const after = ask('after');
    await embedded.settled();
    embedded.advance(99.1);
    await embedded.settled();
    expect([before.settled, after.settled]).toEqual([1, 0]);
    embedded.advance(10);
    await allSettled();
  });

  test('is that of the exchange unless the request has its own', async () => {
    const { ask, embedded, exchange, allSettled } = asking({ timeout: 500 });
    const asked = [ask('a'), ask('b', whole, { timeout: 200 }), ask('c', whole, { timeout: false }), ask('d')];
    embedded.advance(225);
    await embedded.settled();
    expect(asked.map(({ settled }) => settled)).toEqual([0, 1, 0, 0]);
    embedded.advance(350);
    await embedded.settled();
    expect(asked.map(({ settled }) => settled)).toEqual([1, 1, 0, 1]);
    embedded.advance(1e8);
    expect(exchange.counters).toMatchObject({ requests: 4, timeouts: 3 });
    embedded.connection.destroy();
    await allSettled();
    expect(exchange.counters).toMatchObject({ requests: 4, timeouts: 3, lost: 1 });
  });

  test('is that of the last request, too, after others have passed or were met', async () => {
    const { ask, reply, embedded, allSettled } = asking();
    for (const timeout of [1000, 100, 300, 3000, 200]) {
      ask('met', whole, { timeout: timeout + 50 });
      await reply('1');
      const late = ask('late', whole, { timeout });
      embedded.advance(timeout * 1.125 + 10);
      await embedded.settled();
      expect(late.settled).toBe(1);
      await reply('late');
    }
    await allSettled();
  });

  test('counts the time that a request waits to be sent', async () => {
    const { ask, sent, reply, embedded, exchange, allSettled } = asking({ window: 1 });
    const a = ask('a');
    const waited = ask('b', whole, { timeout: 100 });
    const c = ask('c');
    embedded.advance(113);
    await embedded.settled();
    expect(waited.error).toMatchObject({ sent: false, message: 'the request could not be sent within 100 ms' });
    await reply('1', '2');
    expect([a.value, c.value]).toEqual(['1', '2']);
    expect(sent()).toEqual(['a', 'c']);
    expect([exchange.abandoned, exchange.counters.late]).toEqual([0, 0]);
    await allSettled();
  });

  test('that passes for those that wait and those in flight at once sends none of them', async () => {
    const { ask, sent, embedded, exchange, allSettled } = asking({ window: 2, timeout: 100 });
    for (let i = 0; i < 6; i++) ask(`${i}`);
    const last = ask('last', whole, { timeout: 1000 });
    embedded.advance(113);
    await embedded.settled();
    expect(sent()).toEqual(['0', '1', 'last']);
    expect(exchange.counters.timeouts).toBe(6);
    expect([exchange.abandoned, exchange.inFlight, exchange.waiting]).toEqual([2, 1, 0]);
    expect(last.settled).toBe(0);
    embedded.connection.destroy();
    await allSettled();
  });

  test('that passes in the turn of the reply settles once, by what came first', async () => {
    for (const replyFirst of [true, false]) {
      const { ask, embedded, exchange, allSettled } = asking();
      const a = ask('a', whole, { timeout: 100 });
      if (replyFirst) embedded.feed('1\n');
      embedded.advance(200);
      if (!replyFirst) embedded.feed('1\n');
      await embedded.settled();
      expect(a).toMatchObject(replyFirst ? { value: '1' } : { error: { code: 'WIRE_REQUEST_TIMEOUT' } });
      const { replies, timeouts, late } = exchange.counters;
      expect({ replies, timeouts, late }).toEqual(
        replyFirst ? { replies: 1, timeouts: 0, late: 0 } : { replies: 0, timeouts: 1, late: 1 },
      );
      await allSettled();
    }
  });

  test('is for messages that expect no reply, too, while they wait', async () => {
    const { ask, sent, reply, embedded, exchange } = asking({ window: 1, timeout: 100 });
    ask('a', whole, { timeout: false });
    const told = exchange.send('quiet');
    const other = exchange.send('patient', { timeout: false });
    embedded.advance(113);
    await expect(told).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT', sent: false });
    await reply('1');
    await other;
    expect(sent()).toEqual(['a', 'patient']);
    expect(exchange.counters).toMatchObject({ requests: 1, timeouts: 0 });
  });

  test('leaves no timer behind when the connection has closed', async () => {
    const { ask, embedded, allSettled } = asking({ timeout: 100 }, { frameTimeout: false, stallTimeout: false });
    for (let i = 0; i < 100; i++) ask('a', whole, { timeout: 100 + i });
    expect(embedded.clock.pending).toBe(1);
    embedded.connection.destroy();
    await allSettled();
    expect(embedded.clock.pending).toBe(0);
  });
});

describe('an abort', () => {
  const own = (): { controller: AbortController; options: { signal: AbortSignal } } => {
    const controller = new AbortController();
    return { controller, options: { signal: controller.signal } };
  };

  test('before the request sends nothing', async () => {
    const { ask, sent, exchange, allSettled } = asking();
    const a = ask('a', whole, { signal: AbortSignal.abort(reason) });
    await expect(exchange.send('b', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(a.settled).toBe(1);
    expect(a.error).toBe(reason);
    expect(sent()).toEqual([]);
    await allSettled();
    expect(exchange.counters).toMatchObject({ requests: 1, aborts: 1 });
  });

  test('while the request waits takes it out of the queue, wherever it is', async () => {
    for (const index of [0, 1, 2]) {
      const { ask, sent, reply, allSettled } = asking({ window: 1 });
      const { controller, options } = own();
      ask('a');
      const waiting = [0, 1, 2].map((i) => ask(`${i}`, whole, i === index ? options : {}));
      controller.abort(reason);
      await reply('x', 'y', 'z');
      expect(waiting[index]!.error).toBe(reason);
      const left = waiting.filter((_, i) => i !== index);
      expect(left.map(({ value }) => value)).toEqual(['y', 'z']);
      expect(sent()).toEqual(['a', ...['0', '1', '2'].filter((i) => Number(i) !== index)]);
      await allSettled();
    }
  });

  test('while a message that expects no reply waits takes that out', async () => {
    const { ask, sent, reply, exchange } = asking({ window: 1 });
    const { controller, options } = own();
    ask('a');
    const told = exchange.send('quiet', options);
    controller.abort(reason);
    await expect(told).rejects.toBe(reason);
    await reply('1');
    expect(sent()).toEqual(['a']);
    expect(exchange.counters.aborts).toBe(0);
  });

  test('in flight leaves the reply to be dropped', async () => {
    const { ask, reply, exchange, allSettled } = asking();
    const { controller, options } = own();
    const [a, b, c] = [ask('a'), ask('b', whole, options), ask('c')];
    controller.abort(reason);
    await reply('1');
    expect(b.error).toBe(reason);
    expect([exchange.inFlight, exchange.abandoned]).toEqual([1, 1]);
    await reply('2', '3');
    expect([a.value, c.value]).toEqual(['1', '3']);
    expect(exchange.counters).toMatchObject({ replies: 2, aborts: 1, late: 1 });
    await allSettled();
  });

  test('after the reply does nothing, and no listener is left', async () => {
    const { ask, reply, exchange, allSettled } = asking();
    const { controller, options } = own();
    const a = ask('a', whole, options);
    expect(getEventListeners(options.signal, 'abort')).toHaveLength(1);
    await reply('1');
    expect(getEventListeners(options.signal, 'abort')).toHaveLength(0);
    controller.abort(reason);
    await allSettled();
    expect(a.value).toBe('1');
    expect(exchange.counters.aborts).toBe(0);
  });

  test('inside collect settles the request by its signal', async () => {
    const { ask, reply, exchange, allSettled } = asking();
    const { controller, options } = own();
    const a = ask(
      'a',
      (frame) => {
        controller.abort(reason);
        return frame;
      },
      options,
    );
    const b = ask('b');
    await reply('1', '2');
    expect(a.error).toBe(reason);
    expect(b.value).toBe('2');
    expect(exchange.counters).toMatchObject({ requests: 2, replies: 1, aborts: 1, late: 1 });
    await allSettled();
  });

  test('has the reason of AbortSignal.timeout() and AbortSignal.any(), too', async () => {
    const { ask, allSettled } = asking();
    const { controller, options } = own();
    const a = ask('a', whole, { signal: AbortSignal.any([options.signal]) });
    const b = ask('b', whole, { signal: AbortSignal.timeout(1) });
    controller.abort();
    while (b.settled === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(a.error).toMatchObject({ name: 'AbortError' });
    expect(b.error).toMatchObject({ name: 'TimeoutError' });
    await allSettled();
  });

  test('of a signal that many share gives up all of them, without a warning', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { ask, embedded, exchange, allSettled } = asking({ window: 10 });
    const { controller, options } = own();
    for (let i = 0; i < 50; i++) ask(`${i}`, whole, options);
    controller.abort(reason);
    await allSettled();
    expect(exchange.counters.aborts).toBe(50);
    expect(exchange.abandoned).toBe(10);
    expect(embedded.connection.closeReason).toBe(undefined);
    expect(getEventListeners(options.signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });

  test('of many, one after the other, sends none of those that wait', async () => {
    const { ask, sent, embedded, exchange, allSettled } = asking({ window: 10 });
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    for (const { signal } of controllers) ask('a', whole, { signal });
    const last = ask('last');
    for (const controller of controllers) controller.abort(reason);
    await embedded.settled();
    expect(sent()).toEqual([...Array.from({ length: 10 }, () => 'a'), 'last']);
    expect([exchange.abandoned, exchange.inFlight]).toEqual([10, 1]);
    expect(last.settled).toBe(0);
    embedded.connection.destroy();
    await allSettled();
  });

  test('of a signal that many share may close the connection on the way', async () => {
    const { ask, embedded, exchange, allSettled } = asking({ window: 2 });
    const { controller, options } = own();
    ask('given up before', whole, { timeout: 100 });
    embedded.advance(113);
    const asked = Array.from({ length: 5 }, (_, i) => ask(`${i}`, whole, options));
    controller.abort(reason);
    await allSettled();
    expect(embedded.connection.closeReason).toBe('unanswered');
    // Whoever was still there when it closed has lost the connection.
    expect(asked.map(({ error }) => error === reason)).toEqual([true, true, false, false, false]);
    expect(exchange.counters).toMatchObject({ timeouts: 1, aborts: 2, lost: 3 });
    expect(getEventListeners(options.signal, 'abort')).toHaveLength(0);
  });
});
