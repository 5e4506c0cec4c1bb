import { line } from '@wirewright/codec-line';
import { ConnectionLostError, Exchange, ProtocolError } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { asking, byId, listing, whole } from '../exchange/asking.ts';

describe('13. Requests', () => {
  test('Every request settles exactly once, whatever happens to the connection.', async () => {
    const deaths: ((embedded: ReturnType<typeof asking>['embedded']) => unknown)[] = [
      (embedded) => embedded.end(),
      (embedded) => embedded.reset(),
      (embedded) => embedded.feed('x'.repeat(20_000)),
      (embedded) => embedded.connection.close(),
      (embedded) => embedded.connection.destroy(),
      (embedded) => embedded.connection.fail(new ProtocolError('no')),
    ];
    for (const die of deaths) {
      const { ask, reply, embedded, exchange, allSettled } = asking({ window: 3, timeout: 1000 });
      const controller = new AbortController();
      const answered = ask('answered');
      const givenUp = ask('given up', whole, { signal: controller.signal });
      const lost = [ask('in the middle of its reply', listing()), ask('in flight'), ask('waiting'), ask('waiting')];
      await reply('1');
      controller.abort();
      await reply('too late', 'part');
      die(embedded);
      lost.push(ask('too late'));
      await allSettled();
      // Nothing that comes later settles anybody again.
      controller.abort();
      embedded.advance(100_000);
      await allSettled();
      expect(answered).toEqual({ settled: 1, value: '1' });
      expect(givenUp.error).toMatchObject({ name: 'AbortError' });
      for (const { error } of lost) expect(error).toBeInstanceOf(ConnectionLostError);
      expect(exchange.counters).toMatchObject({ requests: 7, replies: 1, aborts: 1, late: 1, lost: 5 });
    }
  });

  test('A late reply is dropped: nobody gets the reply of another.', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({ timeout: 1000 });
    const late = ask('late', listing());
    const aborted = new AbortController();
    const alsoLate = ask('also late', whole, { signal: aborted.signal });
    await reply('one');
    aborted.abort();
    embedded.advance(1125);
    const next = ask('next');
    await reply('two');
    expect([late.error, alsoLate.error]).toMatchObject([{ code: 'WIRE_REQUEST_TIMEOUT' }, { name: 'AbortError' }]);
    expect(next.settled).toBe(0);
    await reply('.', 'of also late', 'of next');
    expect(next.value).toBe('of next');
    expect(exchange.counters).toMatchObject({ replies: 1, late: 2 });
    await allSettled();

    const named = asking({ byId, timeout: 1000 });
    named.ask('1:late');
    named.embedded.advance(1125);
    const two = named.ask('2:next');
    await named.reply('1:of late', '2:of next');
    expect(two.value).toBe('2:of next');
    expect(named.exchange.counters.late).toBe(1);
    await named.allSettled();
  });

  test('More requests given up than the window closes the connection.', async () => {
    for (const options of [{}, { byId }]) {
      const { ask, embedded, allSettled } = asking({ window: 3, timeout: 1000, ...options });
      const giveUp = async (from: number, to: number): Promise<void> => {
        for (let id = from; id < to; id++) ask(`${id}:x`);
        await embedded.settled();
        embedded.advance(1125);
      };
      await giveUp(0, 3);
      expect(embedded.connection.closeReason).toBe(undefined);
      await giveUp(3, 4);
      expect(embedded.errors).toMatchObject([{ code: 'WIRE_UNANSWERED' }]);
      expect(embedded.connection.closeReason).toBe('unanswered');
      await allSettled();
    }
  });

  test('A message that nobody asked for is a protocol error, unless it is classified as a push.', async () => {
    const plain = asking();
    const answered = plain.ask('a');
    await plain.reply('1', 'news');
    expect(answered.value).toBe('1');
    expect(plain.embedded.errors).toMatchObject([{ code: 'WIRE_UNEXPECTED_REPLY' }]);
    expect(plain.embedded.errors[0]).toBeInstanceOf(ProtocolError);
    expect(plain.embedded.connection.closeReason).toBe('protocol-error');

    const pushes: string[] = [];
    const pushed = asking({ isPush: (frame) => frame === 'news', onPush: (frame) => pushes.push(frame) });
    await pushed.reply('news');
    const asked = pushed.ask('a');
    await pushed.reply('news', '1', 'news');
    expect(asked.value).toBe('1');
    expect(pushes).toEqual(['news', 'news', 'news']);
    expect(pushed.embedded.connection.closeReason).toBe(undefined);
    await pushed.reply('no news');
    expect(pushed.embedded.connection.closeReason).toBe('protocol-error');
  });

  test('What concurrent callers ask in one turn leaves in one write.', async () => {
    const embedded = embed(line(), {}, { role: 'client', record: false });
    const exchange = new Exchange(embedded.connection);
    const first = exchange.request('first', whole);
    const callers = Array.from({ length: 64 }, async (_, depth) => {
      await first;
      for (let i = 0; i < depth; i++) await Promise.resolve();
      return exchange.request(`${depth}`, whole);
    });
    expect(embedded.sent().toString()).toBe('first\n');
    const before = embedded.writes;
    embedded.feed('1\n');
    await embedded.settled();
    expect(embedded.writes).toBe(before + 1);
    expect(embedded.sent().toString()).toBe(Array.from({ length: 64 }, (_, depth) => `${depth}\n`).join(''));
    embedded.feed(Array.from({ length: 64 }, (_, depth) => `re ${depth}\n`).join(''));
    expect(await Promise.all(callers)).toEqual(Array.from({ length: 64 }, (_, depth) => `re ${depth}`));
  });
});
