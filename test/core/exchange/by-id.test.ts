import { DuplicateIdError, InvalidOptionError, RequestTimeoutError } from '@wirewright/core';
import { describe, expect, test } from 'vitest';

import { asking, byId, halting, listing, whole } from './asking.ts';

describe('replies that bear the id of their request', () => {
  test('come in any order', async () => {
    const { ask, sent, reply, allSettled } = asking({ byId });
    const [a, b, c] = [ask('1:a'), ask('2:b'), ask('3:c')];
    expect(sent()).toEqual(['1:a', '2:b', '3:c']);
    await reply('3:z', '1:x');
    expect([a.value, b.settled, c.value]).toEqual(['1:x', 0, '3:z']);
    await reply('2:y');
    expect(b.value).toBe('2:y');
    await allSettled();
  });

  test('may have several frames, mixed with those of others', async () => {
    const { ask, reply, allSettled } = asking({ byId });
    const collect = (): ((frame: string) => string[] | undefined) => {
      const next = listing();
      return (frame) => next(frame.slice(2));
    };
    const [a, b] = [ask('1:list', collect()), ask('2:list', collect())];
    await reply('1:a', '2:x', '1:b', '2:.', '1:c', '1:.');
    expect(a.value).toEqual(['a', 'b', 'c']);
    expect(b.value).toEqual(['x']);
    await allSettled();
  });

  test('leave no room for two requests of one id', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking({ byId });
    const [first, second] = [ask('1:first'), ask('1:second')];
    await reply('1:x');
    expect(second.error).toBeInstanceOf(DuplicateIdError);
    expect(sent()).toEqual(['1:first']);
    expect(first.value).toBe('1:x');
    const third = ask('1:third');
    await reply('1:y');
    expect(third.value).toBe('1:y');
    expect(exchange.counters).toMatchObject({ requests: 3, replies: 2, failures: 1 });
    await allSettled();
  });

  test('leave none, either, when the second had to wait', async () => {
    const { ask, reply, allSettled } = asking({ byId, window: 2 });
    const asked = [ask('1:a'), ask('2:b'), ask('2:c'), ask('2:d'), ask('3:e')];
    await reply('1:x');
    // Both that waited had an id that is taken; the one behind them goes.
    expect(asked.map(({ settled }) => settled)).toEqual([1, 0, 1, 1, 0]);
    expect([asked[2]!.error, asked[3]!.error]).toEqual([new DuplicateIdError(), new DuplicateIdError()]);
    await reply('3:z', '2:y');
    expect([asked[1]!.value, asked[4]!.value]).toEqual(['2:y', '3:z']);
    await allSettled();
  });

  test('free the id of a request that was given up only when they have come', async () => {
    const { ask, sent, reply, embedded, exchange, allSettled } = asking({ byId });
    const late = ask('1:late', whole, { timeout: 100 });
    embedded.advance(113);
    await embedded.settled();
    expect(late.error).toBeInstanceOf(RequestTimeoutError);
    expect(exchange.abandoned).toBe(1);
    const tooEarly = ask('1:again');
    await embedded.settled();
    expect(tooEarly.error).toBeInstanceOf(DuplicateIdError);
    await reply('1:too late');
    expect([exchange.abandoned, exchange.counters.late]).toEqual([0, 1]);
    sent();
    const again = ask('1:again');
    expect(sent()).toEqual(['1:again']);
    await reply('1:in time');
    expect(again.value).toBe('1:in time');
    await allSettled();
  });

  test('that nobody waits for are a protocol error, whether they bear an id or not', async () => {
    for (const frame of ['2:x', 'x']) {
      const { ask, reply, embedded, allSettled } = asking({ byId });
      const a = ask('1:a');
      await reply(frame);
      expect(embedded.errors).toMatchObject([{ code: 'WIRE_UNEXPECTED_REPLY' }]);
      expect(a.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'protocol-error', sent: true });
      await allSettled();
    }
  });

  test('need requests that bear one', async () => {
    const { ask, sent, reply, exchange, embedded, allSettled } = asking({ byId });
    const [bare, a] = [ask('bare'), ask('1:a')];
    await embedded.settled();
    expect(bare.error).toBeInstanceOf(InvalidOptionError);
    await exchange.send('bare, but nobody answers');
    expect(sent()).toEqual(['1:a', 'bare, but nobody answers']);
    await reply('1:x');
    expect(a.value).toBe('1:x');
    await allSettled();
  });
});

test('a request whose id cannot be told fails alone', async () => {
  const request = (message: unknown): string | undefined => {
    if (message === 'odd') throw new TypeError('no id in this');
    return byId.request(message as string);
  };
  const { ask, sent, reply, embedded, allSettled } = asking({ byId: { ...byId, request } });
  const [a, odd, b] = [ask('1:a'), ask('odd'), ask('2:b')];
  await embedded.settled();
  expect(odd.error).toMatchObject({ message: 'no id in this' });
  expect(sent()).toEqual(['1:a', '2:b']);
  await reply('2:y', '1:x');
  expect([a.value, b.value]).toEqual(['1:x', '2:y']);
  await allSettled();
});

test('a request that cannot be encoded leaves its id free', async () => {
  const unsaid = { request: (message: unknown) => (message === 'unsayable' ? '1' : byId.request(message as string)) };
  const { ask, sent, reply, exchange, allSettled } = asking({ byId: { ...byId, ...unsaid } }, {}, halting);
  const bad = ask('unsayable');
  const good = ask('1:good');
  expect(exchange.inFlight).toBe(1);
  expect(sent()).toEqual(['half of it 1:good']);
  await reply('1:x');
  expect(bad.error).toMatchObject({ code: 'WIRE_ENCODE_FAILED' });
  expect(good.value).toBe('1:x');
  await allSettled();
});

test('a reply whose id cannot be told closes the connection', async () => {
  const reply = (): never => {
    throw new TypeError('no id in this');
  };
  const asked = asking({ byId: { ...byId, reply } });
  const a = asked.ask('1:a');
  await asked.reply('1:x');
  expect(asked.embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', cause: { message: 'no id in this' } }]);
  expect(a.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'hook-error' });
  await asked.allSettled();
});
