import { type Line, line } from '@wirewright/codec-line';
import { Connection, ConnectionLostError, Exchange, ProtocolError } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { addUp, type Asking, asking, byId, halting, listing, outcome, whole } from './asking.ts';

describe('when the connection dies everybody is told, once:', () => {
  const deaths: [string, string, (setup: Asking) => void, object?][] = [
    ['the peer ends', 'peer', ({ embedded }) => void embedded.end()],
    ['the peer resets', 'reset', ({ embedded }) => void embedded.reset(), { code: 'WIRE_SOCKET' }],
    ['destroy()', 'destroyed', ({ embedded }) => embedded.connection.destroy()],
    ['close()', 'local', ({ embedded }) => void embedded.connection.close()],
    [
      'fail()',
      'protocol-error',
      ({ embedded }) => embedded.connection.fail(new ProtocolError('no')),
      { code: 'WIRE_PROTOCOL' },
    ],
    [
      'the peer sends what cannot be decoded',
      'protocol-error',
      ({ embedded }) => void embedded.feed('x'.repeat(20_000)),
      { code: 'WIRE_FRAME_TOO_LARGE' },
    ],
    [
      'a frame stays incomplete',
      'frame-timeout',
      ({ embedded }) => void embedded.feed('half').advance(40_000),
      { code: 'WIRE_FRAME_TIMEOUT' },
    ],
    [
      'a reply is wrong',
      'protocol-error',
      ({ embedded }) => void embedded.feed('WRONG\n'),
      { code: 'WIRE_PROTOCOL', message: 'wrong' },
    ],
    [
      'the peer takes nothing',
      'write-stall',
      ({ embedded }) => {
        embedded.stall().connection.send('to nobody');
        embedded.connection.flush();
        embedded.advance(40_000);
      },
      { code: 'WIRE_WRITE_STALL' },
    ],
  ];

  test.each(deaths)('%s', async (_name, reason, die, cause) => {
    const setup = asking({ window: 4, timeout: false });
    const { ask, reply, embedded, exchange, allSettled } = setup;
    const strict = (frame: string): string => {
      if (frame === 'WRONG') throw new ProtocolError('wrong');
      return frame;
    };
    const answered = ask('answered');
    const aborted = new AbortController();
    const partly = ask('partly', (frame) => (frame === 'part' ? undefined : strict(frame)));
    const inFlight = [ask('in flight', strict), ask('in flight', strict)];
    const givenUp = ask('given up', strict, { signal: aborted.signal });
    const waiting = [ask('waiting', whole, { timeout: 100_000 }), ask('waiting')];
    const quiet = outcome(exchange.send('quiet'));
    await reply('1', 'part');
    aborted.abort();
    await embedded.settled();
    // Two of those that waited have found room.
    expect([exchange.inFlight, exchange.waiting, exchange.abandoned]).toEqual([4, 2, 1]);
    die(setup);
    await allSettled();
    expect(answered).toEqual({ settled: 1, value: '1' });
    expect(givenUp.error).toMatchObject({ name: 'AbortError' });
    for (const { error } of [partly, ...inFlight, ...waiting]) {
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ reason, sent: error !== waiting[1]!.error });
      if (cause === undefined) expect(error).not.toHaveProperty('cause');
      else expect((error as Error).cause).toMatchObject(cause);
    }
    expect(quiet.settled).toBe(1);
    expect(embedded.connection.closeReason).toBe(reason);
    expect(exchange.counters).toMatchObject({ requests: 7, replies: 1, aborts: 1, lost: 5 });
    expect([exchange.room, exchange.abandoned, exchange.open]).toEqual([0, 0, false]);
    // Whatever comes now is nobody's.
    embedded.advance(100_000);
    await allSettled();
    expect(embedded.clock.pending).toBe(0);
    expect(embedded.closeReasons).toEqual([reason]);
  });

  test('in by-id order as well', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({ byId, window: 3 });
    const late = ask('0:late', whole, { timeout: 100 });
    embedded.advance(113);
    const asked = [ask('1:a', listing()), ask('2:b'), ask('3:c'), ask('4:d')];
    await reply('2:y', '1:part');
    embedded.reset();
    await allSettled();
    expect(late.error).toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
    expect(asked.map(({ value, error }) => value ?? (error as ConnectionLostError).sent)).toEqual([
      true,
      '2:y',
      true,
      true,
    ]);
    expect([exchange.abandoned, exchange.inFlight]).toEqual([0, 0]);
  });

  test('in whichever hook it is closed, and however', async () => {
    const ways: ((connection: Connection<string, Line>) => unknown)[] = [
      (connection) => connection.close(),
      (connection) => connection.destroy(),
      (connection) => connection.fail(new ProtocolError('no')),
      (connection) => {
        void connection.close();
        connection.destroy();
        throw new Error('after all that');
      },
    ];
    for (const close of ways) {
      const { ask, reply, embedded, exchange, allSettled } = asking({ window: 2 });
      const inside = ask('inside', (frame) => {
        void close(embedded.connection);
        return frame;
      });
      const others = [ask('a'), ask('b')];
      await reply('1', '2');
      await allSettled();
      for (const { error } of [inside, ...others]) expect(error).toBeInstanceOf(ConnectionLostError);
      expect(exchange.counters).toMatchObject({ requests: 3, lost: 3 });
    }
  });

  test('also those who are asked for while it dies', async () => {
    const asked: ReturnType<typeof outcome>[] = [];
    const again = (): void => void asked.push(outcome(exchange.request('once more', whole)));
    const embedded = embed(line(), { onError: again, onClose: again }, { role: 'client', record: false });
    const exchange = new Exchange(embedded.connection);
    const first = exchange.request('a', whole).catch((error: unknown) => {
      again();
      return error;
    });
    embedded.feed('1\nnobody asked\n');
    expect(await first).toBe('1');
    embedded.reset();
    await embedded.settled();
    for (let i = 0; i < 3; i++) await embedded.settled();
    expect(asked.length).toBeGreaterThan(0);
    for (const { settled, error } of asked) {
      expect(settled).toBe(1);
      expect(error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'protocol-error' });
    }
    addUp(exchange);
  });
});

describe('a request after', () => {
  const ends: [string, string, (setup: Asking) => unknown][] = [
    ['close()', 'local', ({ embedded }) => embedded.connection.close()],
    ['destroy()', 'destroyed', ({ embedded }) => embedded.connection.destroy()],
    ['end()', 'local', ({ embedded }) => embedded.connection.end()],
    ['the end of the peer', 'peer', ({ embedded }) => embedded.end()],
    ['a reset', 'reset', ({ embedded }) => embedded.reset()],
  ];

  test.each(ends)('%s is rejected, not sent', async (_name, reason, end) => {
    const setup = asking();
    const { ask, sent, exchange, embedded, allSettled } = setup;
    end(setup);
    const results = [ask('at once'), outcome(exchange.send('quiet'))];
    await embedded.settled();
    results.push(ask('later'), outcome(exchange.send('quiet')));
    const piped = await exchange.pipeline().request('a', whole).send('b').exec();
    await embedded.settled();
    for (const { settled, error } of results) {
      expect(settled).toBe(1);
      expect(error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason, sent: false });
    }
    expect(piped).toMatchObject([{ reason: { sent: false } }, { reason: { sent: false } }]);
    expect(sent()).toEqual([]);
    expect([exchange.open, exchange.room]).toEqual([false, 0]);
    expect(exchange.counters).toMatchObject({ requests: 3, lost: 3 });
    void allSettled;
  });

  test('end() is lost, but those before it are answered', async () => {
    const { ask, sent, reply, embedded, allSettled } = asking({ window: 2 });
    const [a, b, waited] = [ask('a'), ask('b'), ask('waited')];
    embedded.connection.end();
    const late = ask('late');
    await reply('1', '2');
    expect([a.value, b.value]).toEqual(['1', '2']);
    for (const lost of [waited, late]) {
      expect(lost.error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'local', sent: false });
    }
    expect(sent()).toEqual(['a', 'b']);
    expect(embedded.connection.closeReason).toBe(undefined);
    embedded.end();
    await allSettled();
    expect(embedded.closeReasons).toEqual(['peer']);
  });
});

describe('a half-open connection', () => {
  test('whose peer has ended answers nothing, but takes what expects no reply', async () => {
    const marks = { highWaterMark: 50, lowWaterMark: 20 };
    const { ask, sent, embedded, exchange, allSettled } = asking({}, { halfOpen: true, ...marks });
    embedded.stall();
    const a = ask('x'.repeat(60));
    const b = ask('b');
    const quiet = outcome(exchange.send('quiet', { timeout: false }));
    const hurried = outcome(exchange.send('hurried', { timeout: 100 }));
    await embedded.settled();
    embedded.end();
    await embedded.settled();
    expect([a.error, b.error]).toMatchObject([
      { reason: 'peer', sent: true },
      { reason: 'peer', sent: false },
    ]);
    expect(quiet.settled).toBe(0);
    embedded.advance(113);
    await embedded.settled();
    expect(hurried.error).toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT', sent: false });
    embedded.unstall();
    await embedded.settled();
    expect(quiet).toEqual({ settled: 1, value: undefined });
    await exchange.send('more');
    expect(sent()).toEqual(['x'.repeat(60), 'quiet', 'more']);
    expect(embedded.connection.closeReason).toBe(undefined);
    embedded.connection.destroy();
    await expect(exchange.send('too late')).rejects.toMatchObject({ reason: 'peer', sent: false });
    await allSettled();
  });

  test('whose peer had ended before makes no exchange that waits for ever', async () => {
    const embedded = embed(line(), {}, { role: 'client', record: false, halfOpen: true });
    embedded.end();
    await embedded.settled();
    const exchange = new Exchange(embedded.connection, { timeout: false });
    await expect(exchange.request('a', whole)).rejects.toMatchObject({ reason: 'peer', sent: false });
    await exchange.send('b');
    expect(embedded.sent().toString()).toBe('b\n');
  });
});

test('what waits to be sent leaves before the connection closes because the peer has ended', async () => {
  const { sent, embedded, exchange } = asking({}, { highWaterMark: 50, lowWaterMark: 20 });
  embedded.stall();
  void exchange.send('x'.repeat(60));
  const quiet = outcome(exchange.send('last words'));
  await embedded.settled();
  embedded.end();
  await embedded.settled();
  expect([quiet.settled, embedded.ended]).toEqual([0, false]);
  embedded.unstall();
  await embedded.settled();
  expect(quiet).toEqual({ settled: 1, value: undefined });
  expect(sent()).toEqual(['x'.repeat(60), 'last words']);
  expect(embedded.closeReasons).toEqual(['peer']);
});

describe('an exchange', () => {
  test('of a connection that is closing already loses everything', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const embedded = embed(line(), {}, { role: 'client', record: false });
      void embedded.connection[end]();
      const exchange = new Exchange(embedded.connection);
      expect([exchange.open, exchange.room]).toEqual([false, 0]);
      const reason = end === 'close' ? 'local' : 'destroyed';
      await expect(exchange.request('a', whole)).rejects.toMatchObject({ reason, sent: false });
    }
  });

  test('whose messages somebody else takes over loses everything', async () => {
    const { ask, reply, embedded, exchange, allSettled } = asking({ window: 1, timeout: 1000 });
    const lost = [ask('a'), ask('b')];
    const texts: string[] = [];
    embedded.connection.setCodec(line(), { onRead: (_connection, text) => void texts.push(text) });
    lost.push(ask('c'));
    await reply('1', '2');
    expect(texts).toEqual(['1', '2']);
    expect(lost.map(({ error }) => (error as ConnectionLostError).sent)).toEqual([true, false, false]);
    expect([exchange.open, exchange.room]).toEqual([false, 0]);
    await allSettled();
    expect(embedded.connection.closeReason).toBe(undefined);
  });

  test('takes messages that came before it was made', async () => {
    const embedded = embed(line(), {}, { role: 'client', record: false });
    embedded.feed('!early\n');
    const pushes: string[] = [];
    const exchange = new Exchange(embedded.connection, {
      isPush: (frame) => frame.startsWith('!'),
      onPush: (frame) => pushes.push(frame),
    });
    await embedded.settled();
    expect(pushes).toEqual(['!early']);
    expect(exchange.counters.pushes).toBe(1);
  });

  test('with requests in flight is not idle', async () => {
    const { ask, reply, embedded, allSettled } = asking({}, { idleTimeout: 1000 });
    ask('a', whole, { timeout: false });
    await embedded.settled();
    embedded.advance(20_000);
    expect(embedded.connection.closeReason).toBe(undefined);
    await reply('1');
    embedded.advance(1200);
    expect(embedded.connection.closeReason).toBe('idle');
    await allSettled();
  });

  test('has its replies waited for by a close in good order', async () => {
    const { ask, reply, embedded, allSettled } = asking({ window: 1 });
    const asked = [ask('a'), ask('b')];
    const closed = outcome(embedded.connection.close({ drain: true }));
    for (let i = 0; i < 5; i++) await embedded.settled();
    await reply('1');
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect(embedded.ended).toBe(false);
    await reply('2');
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect(embedded.ended).toBe(true);
    expect(asked.map(({ value }) => value)).toEqual(['1', '2']);
    embedded.end();
    await allSettled();
    expect(closed.value).toBe('shutdown');
  });

  test('whose requests all fail holds up no close in good order', async () => {
    const marks = { highWaterMark: 50, lowWaterMark: 20 };
    for (const [options, giveUp] of [
      [{}, (setup: Asking) => void setup.embedded.advance(113)],
      [{}, (_setup: Asking, controller: AbortController) => controller.abort()],
      [marks, (setup: Asking) => void setup.embedded.unstall()],
    ] as const) {
      const setup = asking({}, options, halting);
      const { ask, embedded, exchange, allSettled } = setup;
      const controller = new AbortController();
      embedded.stall();
      if (options === marks) {
        await exchange.send('x'.repeat(60));
        ask('unsayable');
      } else {
        ask('a', whole, { timeout: 100, signal: controller.signal });
      }
      await embedded.settled();
      void embedded.connection.close({ drain: true });
      for (let i = 0; i < 5; i++) await embedded.settled();
      expect(embedded.ended).toBe(false);
      giveUp(setup, controller);
      for (let i = 0; i < 5; i++) await embedded.settled();
      expect(embedded.ended).toBe(true);
      await allSettled();
    }
  });
});

test('what a write sets off does not overtake the request that is written', async () => {
  // The other connection has filled the memory that all share, so that its bytes have to leave before the request is encoded. They
  // arrive at once, in this very process, where they make somebody ask.
  const [near, far] = duplexPair();
  const crowd = Connection.over(near, line());
  const { ask, sent, reply, exchange } = asking();
  let waiting = false;
  let asked: ReturnType<typeof outcome>[] = [];
  Connection.over(far, line(), {
    onRead() {
      if (waiting) asked.push(outcome(exchange.request('other', whole)));
      waiting = false;
    },
  });
  await new Promise((resolve) => setImmediate(resolve));
  let overtaken = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < round; i++) crowd.send('x'.repeat(1000));
    asked = [];
    waiting = true;
    const a = ask('a');
    waiting = false;
    if (asked.length > 0) overtaken++;
    const answers = sent().map((text) => `of ${text}`);
    await reply(...answers);
    expect([a, ...asked].map(({ value }) => value)).toEqual(['of a', 'of other'].slice(0, answers.length));
  }
  expect(overtaken).toBeGreaterThan(0);
  crowd.destroy();
});
