import { getEventListeners } from 'node:events';

import { type Line } from '@wirewright/codec-line';
import {
  ConnectError,
  InvalidOptionError,
  type PoolOptions,
  PoolTimeoutError,
  QueueFullError,
  RequestTimeoutError,
} from '@wirewright/core';
import { describe, expect, test } from 'vitest';

import { type Asked, PoolLab, settled, watch } from './pool-lab.ts';

const refused = (): ConnectError => new ConnectError('refused');

describe('requests that wait', () => {
  test('are no more than maxWaiting', async () => {
    const lab = new PoolLab({ maxWaiting: 2 }, false);
    const asked = lab.asks('a', 'b', 'c');
    await settled();
    expect(asked.map(({ settled: times }) => times)).toEqual([0, 0, 1]);
    expect(asked[2]!.error).toBeInstanceOf(QueueFullError);
    await lab.dials[0]!.answer();
    expect(await lab.sent()).toEqual(['a b']);
  });

  test.each<[string, Partial<PoolOptions<string, Line>>, number | false | undefined]>([
    ['waitTimeout', { waitTimeout: 300 }, undefined],
    ['their own timeout', { waitTimeout: false }, 300],
    ['the shorter of both', { waitTimeout: 300 }, 5000],
  ])('give up after %s', async (_name, options, timeout) => {
    const lab = new PoolLab(options, false);
    const asked = lab.ask('a', { timeout });
    lab.clock.advance(299);
    await settled();
    expect(asked.settled).toBe(0);
    lab.clock.advance(2);
    await settled();
    expect(asked.error).toBeInstanceOf(PoolTimeoutError);
    expect(lab.pool.counters.waiting).toBe(0);
    await lab.dials[0]!.answer();
    expect(await lab.sent()).toEqual(['']);
  });

  test('have what is left of their time for the reply', async () => {
    const lab = new PoolLab({}, false);
    const asked = lab.ask('a', { timeout: 1000 });
    lab.clock.advance(900);
    await lab.dials[0]!.answer();
    lab.peers[0]!.advance(98);
    await settled();
    expect(asked.settled).toBe(0);
    lab.peers[0]!.advance(3);
    await settled();
    expect(asked.error).toBeInstanceOf(RequestTimeoutError);
  });

  test('can be given up, and leave no listener', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const asked = ['a', 'b', 'c'].map((message) => lab.ask(message, { signal }));
    await settled();
    await lab.reply(0, 'A');
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await settled();
    expect(asked.map(({ value, error }) => error ?? value)).toEqual(['A', reason, reason]);
    expect([getEventListeners(signal, 'abort').length, lab.pool.counters.waiting]).toEqual([0, 0]);
    const late = lab.ask('d', { signal });
    await settled();
    expect(late.error).toBe(reason);
    expect(await lab.sent()).toEqual(['a b']);

    const other = new AbortController();
    const done = lab.ask('e', { signal: other.signal });
    await lab.reply(0, 'B', 'E');
    expect([done.value, getEventListeners(other.signal, 'abort').length]).toEqual(['E', 0]);
  });

  test('can be given up while there is no connection yet', async () => {
    const lab = new PoolLab({}, false);
    const controller = new AbortController();
    const asked = lab.ask('a', { signal: controller.signal });
    const other = lab.ask('b');
    controller.abort(new Error('changed my mind'));
    await settled();
    expect([asked.error, other.settled]).toEqual([controller.signal.reason, 0]);
    await lab.dials[0]!.answer();
    expect(await lab.sent()).toEqual(['b']);
  });

  test('get no place twice: each is settled once, in order', async () => {
    const lab = new PoolLab({ window: 3, maxConnections: 2, waitTimeout: 200 });
    const asked = Array.from({ length: 40 }, (_, index) => lab.ask(`q${index}`));
    for (let round = 0; round < 4; round++) {
      for (const peer of lab.peers) {
        const questions = peer.sent().toString().split('\n').filter(Boolean);
        peer.feed(questions.map((question) => `${question}!\n`).join(''));
      }
      await settled();
    }
    lab.clock.advance(200);
    await settled();
    lab.pool.destroy();
    await settled();
    expect(asked.every(({ settled: times }) => times === 1)).toBe(true);
    const outcome = ({ value, error }: Asked): unknown => value ?? (error as Error).name;
    expect(asked.map(outcome)).toEqual([
      ...Array.from({ length: 18 }, (_, index) => `q${index}!`),
      ...Array.from({ length: 6 }, () => 'ConnectionLostError'),
      ...Array.from({ length: 16 }, () => 'PoolTimeoutError'),
    ]);
  });
});

describe('use(), send() and pipeline()', () => {
  test('use() settles as its task does, whatever that is', async () => {
    const lab = new PoolLab();
    const results = [
      lab.pool.use((exchange) => exchange.request('a', (frame) => frame)),
      lab.pool.use(() => {
        throw new Error('thrown');
      }),
      lab.pool.use(() => Promise.reject(new Error('rejected'))),
      lab.pool.use(undefined as never),
      lab.pool.use(async () => 1, { timeout: -1 }),
      lab.pool.request('b', (frame) => frame, { signal: 'no signal' as never }),
    ].map(watch);
    await settled();
    await lab.reply(0, 'A');
    expect(results.map(({ value, error }) => String(value ?? error))).toEqual([
      'A',
      'Error: thrown',
      'Error: rejected',
      'InvalidOptionError: use() takes a function: use((exchange) => ...)',
      'InvalidOptionError: timeout must be an integer from 1 to 2147483647, not -1',
      'InvalidOptionError: signal must be an AbortSignal, such as that of an AbortController',
    ]);
    // And so when there is a connection.
    for (const options of [{ timeout: -1 }, { signal: 'no signal' as never }]) {
      await expect(lab.pool.use(async () => 1, options)).rejects.toBeInstanceOf(InvalidOptionError);
      await expect(lab.pool.request('b', (frame) => frame, options)).rejects.toBeInstanceOf(InvalidOptionError);
    }
  });

  test('send() needs nobody who waits for it', async () => {
    const lab = new PoolLab({}, false);
    void lab.pool.send('a');
    const sent = watch(lab.pool.send('b'));
    await lab.dials[0]!.answer();
    expect(await lab.sent()).toEqual(['a b']);
    expect(sent.settled).toBe(1);
    lab.pool.destroy();
    void lab.pool.send('c');
    await settled();
  });

  test('a pipeline goes on one connection, with nobody between', async () => {
    const lab = new PoolLab({ window: 2, maxConnections: 2 });
    lab.ask('a');
    const pipeline = lab.pool.pipeline();
    for (const message of ['1', '2', '3', '4']) pipeline.request(message, (frame) => frame);
    const done = watch(pipeline.exec());
    lab.asks('b', 'c');
    await settled();
    const sent: string[][] = lab.peers.map(() => []);
    for (let round = 0; round < 8; round++) {
      for (const [index, peer] of lab.peers.entries()) {
        (sent[index] ??= []).push(...peer.sent().toString().split('\n').filter(Boolean));
        peer.feed('reply\n');
        await settled();
        if (peer.connection.error !== undefined) break;
      }
      if (done.settled === 1) break;
    }
    const with1 = sent.find((messages) => messages.includes('1'))!;
    const at = with1.indexOf('1');
    expect(with1.slice(at, at + 4)).toEqual(['1', '2', '3', '4']);
    expect(done.value).toEqual(Array.from({ length: 4 }, () => ({ status: 'fulfilled', value: 'reply' })));
  });

  test('a pipeline is rejected when there is no connection to be had', async () => {
    const lab = new PoolLab({ dial: () => Promise.reject(refused()) });
    await expect(
      lab.pool
        .pipeline()
        .request('a', (frame) => frame)
        .exec(),
    ).rejects.toBeInstanceOf(ConnectError);
  });
});
