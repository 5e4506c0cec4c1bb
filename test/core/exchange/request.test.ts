import { Buffer } from 'node:buffer';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, createServer } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

import { line } from '@wirewright/codec-line';
import { Connection, EncodeError, Exchange, InvalidOptionError, ProtocolError } from '@wirewright/core';
import type { ByteView } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { addUp, asking, halting, listing, outcome, whole } from './asking.ts';

describe('request()', () => {
  test('is matched first in, first out', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking();
    const [a, b, c] = [ask('a'), ask('b'), ask('c')];
    expect(sent()).toEqual(['a', 'b', 'c']);
    expect(exchange.inFlight).toBe(3);
    await reply('1', '2');
    expect([a.value, b.value, c.settled]).toEqual(['1', '2', 0]);
    addUp(exchange);
    await reply('3');
    expect(c.value).toBe('3');
    await allSettled();
    expect(exchange.counters).toEqual({
      requests: 3,
      replies: 3,
      failures: 0,
      timeouts: 0,
      aborts: 0,
      lost: 0,
      late: 0,
      pushes: 0,
    });
  });

  test('takes the frames of its reply until collect returns a result, however they arrive', async () => {
    const { ask, reply, embedded, allSettled } = asking();
    const [one, two, three] = [ask('list'), ask('list', listing()), ask('list', listing())];
    embedded.feed('single\na');
    await embedded.settled();
    expect(one.value).toBe('single');
    await reply('', 'b');
    expect(two.settled).toBe(0);
    await reply('.', '.');
    expect(two.value).toEqual(['a', 'b']);
    expect(three.value).toEqual([]);
    await allSettled();
  });

  test.each([null, false, 0, '', Number.NaN])('takes %o for a result', async (result) => {
    const { ask, reply } = asking();
    const asked = ask('a', () => result);
    await reply('1');
    expect(asked).toEqual({ settled: 1, value: result });
  });

  test('becomes what collect threw, which ends the reply', async () => {
    const { ask, reply, allSettled, exchange } = asking();
    const refused = new Error('ERR no such key');
    const a = ask('a', (frame) => {
      if (frame.startsWith('ERR')) throw refused;
    });
    const b = ask('b');
    await reply('part', 'ERR', '2');
    expect(a.error).toBe(refused);
    expect(b.value).toBe('2');
    expect(exchange.counters).toMatchObject({ requests: 2, replies: 1, failures: 1 });
    await allSettled();
    const odd = ask('c', () => {
      // oxlint-disable-next-line typescript/only-throw-error -- somebody will
      throw undefined;
    });
    await reply('3');
    expect(odd).toEqual({ settled: 1, error: undefined });
    await allSettled();
  });

  test('closes the connection when collect throws a ProtocolError', async () => {
    const { ask, reply, embedded, allSettled } = asking();
    const error = new ProtocolError('this is no reply');
    const a = ask('a', () => {
      throw error;
    });
    const b = ask('b');
    await reply('1', '2');
    expect(embedded.errors).toEqual([error]);
    expect(embedded.connection.closeReason).toBe('protocol-error');
    for (const asked of [a, b]) {
      expect(asked.error).toMatchObject({
        code: 'WIRE_CONNECTION_LOST',
        reason: 'protocol-error',
        sent: true,
        cause: error,
      });
    }
    await allSettled();
  });

  test('refuses a collect that is async, and goes on behind it', async () => {
    const { ask, reply, embedded, allSettled } = asking();
    const later = ask('a', (frame) => Promise.resolve(`${frame} later`));
    const worse = ask('b', () => Promise.reject(new Error('worse')));
    const next = ask('c');
    await reply('1', '2', '3');
    for (const { error } of [later, worse]) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(String(error)).toContain('collect must not be async');
    }
    expect(next.value).toBe('3');
    expect(embedded.connection.closeReason).toBe(undefined);
    await allSettled();
  });

  test('can be made inside collect, and goes behind what was sent before', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking();
    let inner;
    ask('a', (frame) => {
      if (frame !== 'last') {
        inner ??= ask('inner');
        return undefined;
      }
      return frame;
    });
    const b = ask('b');
    await reply('first');
    expect(sent()).toEqual(['a', 'b', 'inner']);
    expect(exchange.inFlight).toBe(3);
    await reply('more', 'last', '2', '3');
    expect(b.value).toBe('2');
    expect(inner).toMatchObject({ value: '3' });
    await allSettled();
  });

  test('that cannot be encoded is rejected, and leaves the order of the others intact', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking({}, {}, halting);
    const [a, bad, b] = [ask('a'), ask('unsayable'), ask('b')];
    const worse = exchange.send('unsayable');
    await expect(worse).rejects.toBeInstanceOf(EncodeError);
    expect(bad.error).toBeInstanceOf(EncodeError);
    expect(sent()).toEqual(['half of it a', 'half of it b']);
    await reply('1', '2');
    expect([a.value, b.value]).toEqual(['1', '2']);
    expect(exchange.counters).toMatchObject({ requests: 3, replies: 2, failures: 1 });
    await allSettled();
  });

  test('hands out views that stay what they are', async () => {
    const embedded = embed(line({ as: 'view' }), {}, { role: 'client', record: false });
    const exchange = new Exchange(embedded.connection);
    const parts: ByteView[] = [];
    const a = exchange.request('a', whole);
    const b = exchange.request('b', (view) => (view.toString() === '.' ? parts : void parts.push(view)));
    const chunk = Buffer.from('first\nsecond\nthird\n');
    embedded.feed(chunk);
    chunk.fill('x');
    embedded.feed('.\n');
    for (let i = 0; i < 100; i++) {
      void exchange.request('more', whole);
      embedded.feed(Buffer.alloc(700, 'y')).feed('\n');
    }
    expect((await a).toString()).toBe('first');
    expect((await b).map(String)).toEqual(['second', 'third']);
  });

  test('measures how long replies take, waiting included, and nothing else', async () => {
    const { ask, reply, exchange } = asking({ latency: true, window: 1 }, {}, halting);
    ask('a');
    ask('b');
    ask('unsayable');
    const later = ask('c', whole, { timeout: 5 });
    expect(exchange.latency!.count).toBe(0);
    const before = performance.now();
    while (performance.now() - before < 5);
    await reply('1', '2');
    expect(exchange.latency!.count).toBe(2);
    expect(exchange.latency!.min).toBeGreaterThan(4e6);
    expect(later.settled).toBe(0);
    expect(asking().exchange.latency).toBe(undefined);
    const shared = createHistogram();
    const other = asking({ latency: shared });
    other.ask('a');
    await other.reply('1');
    expect(shared.count).toBe(1);
  });

  test('is published with what became of it', async () => {
    const starts: unknown[] = [];
    const onStart = (seen: unknown): void => void starts.push({ ...(seen as object) });
    const ends: unknown[] = [];
    const onEnd = (seen: unknown): void => void ends.push(seen);
    subscribe('wirewright:request:start', onStart);
    subscribe('wirewright:request:end', onEnd);
    onTestFinished(() => {
      unsubscribe('wirewright:request:start', onStart);
      unsubscribe('wirewright:request:end', onEnd);
    });
    const { ask, reply, exchange, embedded } = asking({}, {}, halting);
    const { connection } = embedded;
    ask('a');
    const bad = ask('unsayable');
    const aborted = ask('b', whole, { signal: AbortSignal.abort(new Error('no')) });
    await exchange.send('not a request');
    await reply('1');
    expect(starts).toMatchObject([{ message: 'a' }, { message: 'unsayable' }, { message: 'b' }]);
    expect(starts[0]).toEqual({ connection, message: 'a', startedAt: expect.any(Number) as number });
    expect(ends).toMatchObject([
      { message: 'unsayable', error: bad.error },
      { message: 'b', error: aborted.error },
      { message: 'a', duration: expect.any(Number) as number },
    ]);
    expect(ends[2]).not.toHaveProperty('error');
  });
});

describe('what concurrent callers ask in one turn leaves in one write,', () => {
  /** Waits for `depth` microtasks, some of them in async functions that are nested in each other. */
  async function wait(depth: number, nested: boolean): Promise<void> {
    if (nested && depth > 0) {
      await wait(depth - 1, nested);
      return;
    }
    for (let i = 0; i < depth; i++) await Promise.resolve();
  }

  test('whatever the await depth at which they ask', async () => {
    const { ask, reply, embedded, exchange, outcomes, allSettled } = asking();
    const go = exchange.request('go', whole);
    outcomes.push(outcome(go));
    const callers = Array.from({ length: 64 }, async (_, i) => {
      await go;
      await wait(i, i % 3 === 0);
      ask(`ask ${i}`);
    });
    expect(embedded.sent().toString()).toBe('go\n');
    const before = embedded.writes;
    await reply('go');
    await Promise.all(callers);
    expect(embedded.writes - before).toBe(1);
    expect(embedded.sent().toString().trim().split('\n')).toHaveLength(64);
    expect(embedded.writes - before).toBe(1);
    await reply(...Array.from({ length: 64 }, (_, i) => `reply ${i}`));
    await allSettled();
  });

  test('when they are woken one by one, and when they ask without a reply', async () => {
    const { ask, reply, embedded, allSettled } = asking();
    for (let i = 0; i < 64; i++) ask(`${i}`);
    await embedded.settled();
    expect(embedded.writes).toBe(1);
    // Each reply wakes one caller, who asks again at once.
    embedded.sent();
    for (let round = 0; round < 3; round++) {
      const before = embedded.writes;
      const again = Array.from({ length: 64 }, () => ask('first'));
      await embedded.settled();
      expect(embedded.writes - before).toBe(1);
      await reply(...Array.from({ length: round === 0 ? 128 : 64 }, () => 'x'));
      expect(again.every(({ settled }) => settled === 1)).toBe(true);
    }
    await allSettled();
  });

  // What is sent within a read turn leaves at its end, before those whom it wakes have asked.
  test('also what a reply makes room for, and what is asked inside collect', async () => {
    const { ask, embedded, exchange } = asking({ window: 3 });
    const asked = ['1', '2', '3'].map((text) =>
      exchange.request(text, (frame) => {
        if (frame === '2') ask('inside collect');
        return frame;
      }),
    );
    ask('waiting');
    await embedded.settled();
    const callers = asked.map(async (reply) => ask(`after ${await reply}`));
    const before = embedded.writes;
    embedded.feed('1\n2\n3\n');
    await Promise.all(callers);
    await embedded.settled();
    expect(embedded.writes - before).toBe(1);
  });

  test('over a socket', async () => {
    const listener = createServer((socket) => {
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const socket = connect((listener.address() as { port: number }).port, '127.0.0.1');
    let writes = 0;
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      writes++;
      return write(...args);
    };
    const exchange = new Exchange(Connection.over(socket, line()));
    for (let round = 0; round < 5; round++) {
      const go = exchange.request('go', whole);
      const callers = Array.from({ length: 64 }, async (_, i) => {
        await go;
        await wait(i, i % 3 === 0);
        return exchange.request(`ask ${i}`, whole);
      });
      writes = 0;
      const replies = await Promise.all(callers);
      // One for whoever wakes them, one for all of them.
      expect(writes).toBe(2);
      expect(replies).toHaveLength(64);
      expect(new Set(replies).size).toBe(64);
    }
    exchange.connection.destroy();
    listener.close();
  });
});

describe('send()', () => {
  test('expects no reply, keeps its place, and resolves once it is handed on', async () => {
    const { ask, sent, reply, exchange, allSettled } = asking();
    const a = ask('a');
    const told = outcome(exchange.send('quiet'));
    const b = ask('b');
    expect(sent()).toEqual(['a', 'quiet', 'b']);
    await reply('1', '2');
    expect(told).toEqual({ settled: 1, value: undefined });
    expect([a.value, b.value]).toEqual(['1', '2']);
    expect(exchange.counters.requests).toBe(2);
    await allSettled();
  });

  test('may be ignored when it fails', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled));
    const { embedded, exchange } = asking({}, {}, halting);
    void exchange.send('unsayable');
    void exchange.send('a', { signal: AbortSignal.abort() });
    void exchange.send('a', { timeout: -1 });
    embedded.connection.destroy();
    void exchange.send('too late');
    await embedded.settled();
    await embedded.settled();
    expect(unhandled).toEqual([]);
    await expect(exchange.send('too late')).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST', sent: false });
  });
});

describe('wrong options are told at once:', () => {
  test.each<[object, string]>([
    [{ window: 0 }, 'window must be an integer of at least 1'],
    [{ maxWaiting: -1 }, 'maxWaiting must be an integer of at least 0'],
    [{ timeout: 0 }, 'timeout must be an integer from 1'],
    [{ maxPushes: 0 }, 'maxPushes must be an integer of at least 1'],
    [{ byId: {} }, 'byId takes two functions'],
    [{ isPush: true }, 'isPush must be a function'],
    [{ onPush: 'x' }, 'onPush must be a function'],
    [{ latency: 'yes' }, 'latency must be true, false or a histogram'],
    [{ pipeline: 1 }, "new Exchange() has no option 'pipeline'"],
  ])('new Exchange(connection, %o)', (options, message) => {
    const { connection } = embed(line(), {}, { role: 'client', record: false });
    expect(() => new Exchange(connection, options)).toThrow(InvalidOptionError);
    expect(() => new Exchange(connection, options)).toThrow(message);
    expect(new Exchange(connection).room).toBe(1024);
  });

  test('somebody takes the messages already', () => {
    const { connection } = embed(line());
    expect(() => new Exchange(connection)).toThrow('are taken already');
    const { exchange } = asking();
    expect(() => new Exchange(exchange.connection)).toThrow('are taken already');
  });

  test.each<[object, string]>([
    [{ timeout: 0 }, 'timeout must be an integer from 1'],
    [{ timeout: 2 ** 31 }, 'timeout must be an integer from 1'],
    [{ signal: 'soon' }, 'signal must be an AbortSignal'],
  ])('request(%o) rejects, and nothing of it is sent', async (options, message) => {
    const { ask, sent, exchange, reply, allSettled } = asking();
    const wrong = ask('a', whole, options);
    const right = ask('b');
    await expect(exchange.send('c', options)).rejects.toThrow(message);
    expect(wrong.error).toBeInstanceOf(InvalidOptionError);
    expect(String(wrong.error)).toContain(message);
    expect(sent()).toEqual(['b']);
    await reply('1');
    expect(right.value).toBe('1');
    await allSettled();
  });

  test('request() without a function that collects the reply', async () => {
    const { exchange, sent } = asking();
    await expect(exchange.request('a', undefined as never)).rejects.toBeInstanceOf(InvalidOptionError);
    expect(sent()).toEqual([]);
    expect(exchange.counters.requests).toBe(0);
  });
});
