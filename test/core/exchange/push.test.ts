import { Buffer } from 'node:buffer';

import { line } from '@wirewright/codec-line';
import { Exchange, ProtocolError } from '@wirewright/core';
import type { ByteView } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { addUp, asking, byId, listing, whole } from './asking.ts';

const isPush = (frame: string): boolean => frame.startsWith('!');

/** Promises that the test settles, in the order in which they were asked for. */
function gates(): { open: () => Promise<void>; settle: ((error?: Error) => void)[] } {
  const settle: ((error?: Error) => void)[] = [];
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => settle.push((error) => (error === undefined ? resolve() : reject(error))));
  return { open, settle };
}

describe('a push', () => {
  test('goes to the hook, in order, wherever it comes among the replies', async () => {
    const pushes: string[] = [];
    const { ask, reply, exchange, allSettled } = asking({ isPush, onPush: (frame) => pushes.push(frame) });
    await reply('!before');
    const [a, b] = [ask('a', listing()), ask('b')];
    await reply('x', '!within', 'y', '.', '!between', '1', '!after');
    expect(pushes).toEqual(['!before', '!within', '!between', '!after']);
    expect(a.value).toEqual(['x', 'y']);
    expect(b.value).toBe('1');
    expect(exchange.counters).toMatchObject({ requests: 2, replies: 2, pushes: 4 });
    await allSettled();
  });

  test('is told from replies by id as well', async () => {
    const pushes: string[] = [];
    const onPush = (frame: string): unknown => pushes.push(frame);
    const { ask, reply, allSettled } = asking({ byId, isPush: (frame) => byId.reply(frame) === undefined, onPush });
    const [a, b] = [ask('1:a'), ask('2:b')];
    await reply('2:y', 'news', '1:x');
    expect([a.value, b.value, pushes]).toEqual(['1:x', '2:y', ['news']]);
    await allSettled();
  });

  test('is dropped when no hook takes it, and counted', async () => {
    const { ask, reply, exchange, embedded, allSettled } = asking({ isPush });
    const a = ask('a');
    await reply('!one', '!two', '1');
    expect(a.value).toBe('1');
    expect(exchange.counters.pushes).toBe(2);
    expect(embedded.connection.closeReason).toBe(undefined);
    await allSettled();
  });

  test('does not answer a request that was given up', async () => {
    const { ask, reply, exchange, embedded, allSettled } = asking({ isPush });
    ask('late', whole, { timeout: 100 });
    embedded.advance(113);
    await reply('!news');
    expect(exchange.abandoned).toBe(1);
    await reply('1');
    expect(exchange.abandoned).toBe(0);
    await allSettled();
  });

  test('that is a view is kept for the hook', async () => {
    const embedded = embed(line({ as: 'view' }), {}, { role: 'client', record: false });
    const kept: ByteView[] = [];
    const exchange = new Exchange(embedded.connection, {
      isPush: (view) => view.at(0) === 33,
      onPush: (view) => kept.push(view),
    });
    const a = exchange.request('a', whole);
    const chunk = Buffer.from('!first\nreply\n!second\n');
    embedded.feed(chunk);
    chunk.fill('x');
    expect((await a).toString()).toBe('reply');
    expect(kept.map(String)).toEqual(['!first', '!second']);
  });
});

describe('the hook for pushes', () => {
  test('does not hold replies while it is at work: it may wait for one itself', async () => {
    const values: unknown[] = [];
    const setup = asking({
      isPush,
      onPush: async (frame) => {
        values.push(await exchange.request(`about ${frame}`, whole));
      },
    });
    const { ask, sent, reply, exchange } = setup;
    const a = ask('a');
    await reply('!news', '!more', '1');
    expect(a.value).toBe('1');
    expect(sent()).toEqual(['a', 'about !news', 'about !more']);
    await reply('2', '3');
    expect(values).toEqual(['2', '3']);
    addUp(exchange);
  });

  test('holds reading when maxPushes are at work, and releases it when one has settled', async () => {
    const { open, settle } = gates();
    const seen: string[] = [];
    const { reply, ask, embedded, exchange, allSettled } = asking({
      isPush,
      maxPushes: 3,
      onPush: (frame) => {
        seen.push(frame);
        return open();
      },
    });
    const a = ask('a');
    await reply('!1', '!2', '!3', '!4', '!5', '1');
    expect(seen).toEqual(['!1', '!2', '!3']);
    expect(a.settled).toBe(0);
    // The socket is stopped once it brings more.
    expect(embedded.paused).toBe(false);
    await reply('!6');
    expect(embedded.paused).toBe(true);
    settle[1]!();
    await embedded.settled();
    expect(seen).toEqual(['!1', '!2', '!3', '!4']);
    for (let i = 0; i < 6; i++) {
      settle[i]?.();
      await embedded.settled();
    }
    expect(seen).toEqual(['!1', '!2', '!3', '!4', '!5', '!6']);
    expect(a.value).toBe('1');
    expect(embedded.paused).toBe(false);
    expect(exchange.counters.pushes).toBe(6);
    await allSettled();
  });

  test('never has more than maxPushes at work, whatever comes', async () => {
    const { open, settle } = gates();
    let atWork = 0;
    let most = 0;
    const { reply, embedded, exchange } = asking({
      isPush,
      maxPushes: 4,
      onPush: async () => {
        most = Math.max(most, ++atWork);
        await open();
        atWork--;
      },
    });
    await reply(...Array.from({ length: 100 }, (_, i) => `!${i}`));
    for (let i = 0; i < 100; i++) {
      settle[i]!();
      await embedded.settled();
    }
    expect([most, atWork, exchange.counters.pushes]).toEqual([4, 0, 100]);
  });

  test.each([
    ['throws', 'hook-error', 'WIRE_HOOK_FAILED', new Error('a bug'), false],
    ['rejects', 'hook-error', 'WIRE_HOOK_FAILED', new Error('a bug'), true],
    ['throws a ProtocolError', 'protocol-error', 'WIRE_PROTOCOL', new ProtocolError('no such push'), false],
    ['rejects with a ProtocolError', 'protocol-error', 'WIRE_PROTOCOL', new ProtocolError('no such push'), true],
  ])('%s, and the connection closes: %s', async (_name, reason, code, error, later) => {
    const { ask, reply, embedded, allSettled } = asking({
      isPush,
      onPush: () => {
        if (!later) throw error;
        return Promise.reject(error);
      },
    });
    const a = ask('a');
    await reply('!news');
    expect(embedded.errors).toMatchObject([{ code }]);
    expect(embedded.connection.closeReason).toBe(reason);
    expect(a.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason, sent: true });
    await allSettled();
  });

  test('may close the connection', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const seen: string[] = [];
      const setup = asking({
        isPush,
        onPush: (frame) => {
          seen.push(frame);
          void embedded.connection[end]();
        },
      });
      const { ask, reply, embedded, allSettled } = setup;
      const a = ask('a');
      await reply('!bye', '!ignored', '1');
      expect(seen).toEqual(['!bye']);
      const reason = end === 'close' ? 'local' : 'destroyed';
      expect(a.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason, sent: true });
      await allSettled();
    }
  });

  test('that waits for a reply of a connection that was closed here gives no warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const setup = asking({ isPush, onPush: () => setup.exchange.request('about it', whole) });
    await setup.reply('!news');
    setup.embedded.connection.destroy();
    await setup.embedded.settled();
    expect(setup.embedded.errors).toEqual([]);
    expect(warned).not.toHaveBeenCalled();
    addUp(setup.exchange);
  });

  test('is waited for when the peer has ended, before onEnd and the close', async () => {
    const { open, settle } = gates();
    const order: string[] = [];
    const embedded = embed(
      line(),
      { onEnd: () => void order.push('onEnd'), onClose: () => void order.push('onClose') },
      { role: 'client', record: false },
    );
    const exchange = new Exchange(embedded.connection, { isPush, onPush: open });
    const asked = expect(exchange.request('a', whole)).rejects.toMatchObject({ reason: 'peer' });
    embedded.feed('!1\n!2\n').end();
    await asked;
    await embedded.settled();
    settle[1]!();
    await embedded.settled();
    expect(order).toEqual([]);
    expect(embedded.connection.closeReason).toBe(undefined);
    settle[0]!();
    await embedded.settled();
    expect(order).toEqual(['onEnd', 'onClose']);
    expect(embedded.closeReasons).toEqual(['peer']);
  });

  test('is waited for when the connection closes once all is handled', async () => {
    const { open, settle } = gates();
    const { reply, embedded } = asking({ isPush, onPush: open });
    await reply('!1');
    void embedded.connection.close({ drain: true });
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect(embedded.connection.closeReason).toBe(undefined);
    settle[0]!();
    await embedded.settled();
    expect(embedded.connection.closeReason).toBe('shutdown');
  });
});

test('an isPush that throws closes the connection', async () => {
  const { ask, reply, embedded, allSettled } = asking({
    isPush: () => {
      throw new TypeError('a bug');
    },
  });
  ask('a');
  await reply('1');
  expect(embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', cause: { message: 'a bug' } }]);
  await allSettled();
});
