import { RequestTimeoutError, UnansweredError } from '@wirewright/core';
import { describe, expect, test } from 'vitest';

import { type Asking, asking, byId, listing, type Outcome, whole } from './asking.ts';

describe('the reply to a request that was given up', () => {
  /** Gives `asked` up, by its deadline. */
  async function giveUp({ embedded }: Asking, asked: Outcome): Promise<void> {
    embedded.advance(1125);
    await embedded.settled();
    expect(asked.error).toBeInstanceOf(RequestTimeoutError);
  }

  test('goes to nobody else', async () => {
    const setup = asking();
    const { ask, reply, exchange, allSettled } = setup;
    const late = ask('late', whole, { timeout: 1000 });
    await giveUp(setup, late);
    const next = ask('next');
    expect([exchange.inFlight, exchange.abandoned]).toEqual([1, 1]);
    await reply('of late');
    expect(next.settled).toBe(0);
    expect([exchange.inFlight, exchange.abandoned]).toEqual([1, 0]);
    await reply('of next');
    expect(next.value).toBe('of next');
    expect(exchange.counters).toMatchObject({ timeouts: 1, replies: 1, late: 1 });
    await allSettled();
  });

  test('is found to its end, whether it was given up before or in the middle', async () => {
    for (const before of [true, false]) {
      const setup = asking();
      const { ask, reply, exchange, allSettled } = setup;
      const late = ask('list', listing(), { timeout: 1000 });
      const next = ask('next', listing());
      if (!before) await reply('a', 'b');
      await giveUp(setup, late);
      if (before) await reply('a', 'b');
      expect(next.settled).toBe(0);
      await reply('c', '.', 'x', '.');
      expect(next.value).toEqual(['x']);
      expect(exchange.counters.late).toBe(1);
      await allSettled();
    }
  });

  test('ends where its collect throws, too', async () => {
    const setup = asking();
    const { ask, reply, allSettled, exchange } = setup;
    const late = ask(
      'late',
      () => {
        throw new Error('ERR');
      },
      { timeout: 1000 },
    );
    const next = ask('next');
    await giveUp(setup, late);
    await reply('ERR', '2');
    expect(next.value).toBe('2');
    expect(exchange.counters).toMatchObject({ timeouts: 1, failures: 0, late: 1 });
    await allSettled();
  });

  test('does not keep its place in the window', async () => {
    const setup = asking({ window: 1 });
    const { ask, sent, reply, exchange, allSettled } = setup;
    const late = ask('late', whole, { timeout: 1000 });
    const next = ask('next');
    await giveUp(setup, late);
    expect(sent()).toEqual(['late', 'next']);
    expect([exchange.inFlight, exchange.waiting, exchange.abandoned, exchange.room]).toEqual([1, 0, 1, 0]);
    await reply('1', '2');
    expect(next.value).toBe('2');
    await allSettled();
  });

  test.each([
    ['first in, first out', {}],
    ['by id', { byId }],
  ])('may be owed as often as the window is large, %s', async (_name, options) => {
    const { ask, embedded, exchange, allSettled } = asking({ window: 3, timeout: 1000, ...options });
    for (let i = 0; i < 3; i++) {
      ask(`${i}:a`);
      embedded.advance(1125);
    }
    await embedded.settled();
    expect([exchange.abandoned, embedded.connection.closeReason]).toEqual([3, undefined]);
    ask('3:a');
    const other = ask('4:a', whole, { timeout: 100_000 });
    embedded.advance(1125);
    await allSettled();
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_UNANSWERED' }]);
    expect(embedded.errors[0]).toBeInstanceOf(UnansweredError);
    expect(embedded.connection.closeReason).toBe('unanswered');
    expect(other.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'unanswered', sent: true });
    expect(exchange.counters).toMatchObject({ requests: 5, timeouts: 4, lost: 1 });
    expect(exchange.abandoned).toBe(0);
  });

  test('that has come makes room for another to be owed', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({ window: 1, timeout: 1000 });
    for (let i = 0; i < 10; i++) {
      ask('late');
      embedded.advance(1125);
      await reply('late');
    }
    expect(embedded.connection.closeReason).toBe(undefined);
    expect(exchange.counters).toMatchObject({ timeouts: 10, late: 10 });
    await allSettled();
  });
});
