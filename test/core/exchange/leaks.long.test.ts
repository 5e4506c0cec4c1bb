import { Buffer } from 'node:buffer';
import { getEventListeners } from 'node:events';

import { type Line, line } from '@wirewright/codec-line';
import { Client, Exchange, Server } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { addUp, byId, whole } from './asking.ts';

const REQUESTS = 10_000;

/** Turns of the event loop with a collection each, until `done`; or as many as would have sufficed. */
async function collected(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100; i++) {
    // What was looked at is kept for as long as the turn lasts.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
    if (done()) return;
  }
}

/** Counts the objects that are still there. */
class Census {
  readonly #refs: WeakRef<object>[] = [];

  add<T extends object>(object: T): T {
    this.#refs.push(new WeakRef(object));
    return object;
  }

  get size(): number {
    return this.#refs.length;
  }

  alive(): number {
    return this.#refs.filter((ref) => ref.deref() !== undefined).length;
  }
}

describe(`after ${REQUESTS} requests, answered, aborted, timed out and lost,`, () => {
  const kinds = [
    ['first in, first out', {}],
    ['by id', { byId }],
  ] as const;

  test.each(kinds)('nothing of them is left: %s', async (_name, options) => {
    const embedded = embed<string, Line>(
      line(),
      {},
      { role: 'client', record: false, stallTimeout: false, frameTimeout: false },
    );
    const exchange = new Exchange(embedded.connection, { window: 32, timeout: 50, ...options });
    const shared = new AbortController();
    const signals = new Census();
    const promises = new Census();
    const messages = new Census();
    const results = new Census();
    let settled = 0;
    const left = (asked: number): number => asked - settled;
    /** Requests, some with a signal of their own; half of those are returned, to be aborted. */
    const ask = (count: number): AbortController[] => {
      const controllers = Array.from({ length: count / 4 }, () => new AbortController());
      for (let i = 0; i < count; i++) {
        const own = i % 4 === 0 ? controllers[i / 4] : undefined;
        if (own !== undefined) signals.add(own.signal);
        // An object of its own, so that it can be looked for.
        const message = messages.add(Buffer.from(`${i}:x`));
        const signal = own?.signal ?? shared.signal;
        const asked = promises.add(exchange.request(message, (frame) => results.add({ frame }), { signal }));
        void asked.catch(() => {}).then(() => settled++);
        if (i % 10 === 0) void promises.add(exchange.send('quiet', { signal }));
      }
      return controllers.filter((_, i) => i % 2 === 0);
    };
    /** The peer answers all that it has got; what waited is sent then. */
    const answer = async (): Promise<void> => {
      const asked = embedded.sent().toString().split('\n');
      embedded.feed(asked.flatMap((text) => (text.includes(':') ? `${text}\n` : [])).join(''));
      await embedded.settled();
    };
    let asked = 0;
    while (asked < REQUESTS) {
      // More than the window: some are aborted while they wait, some in flight.
      for (const controller of ask(80)) controller.abort();
      while (left(asked + 80) > 0) await answer();
      // These are answered too late.
      ask(20);
      await embedded.settled();
      embedded.advance(60);
      await answer();
      asked += 100;
      expect(left(asked)).toBe(0);
    }
    expect(embedded.connection.closeReason).toBe(undefined);
    addUp(exchange);
    const { replies, timeouts, aborts, late } = exchange.counters;
    for (const some of [replies, timeouts, aborts, late]) expect(some).toBeGreaterThan(500);
    expect(getEventListeners(shared.signal, 'abort')).toHaveLength(0);

    // The connection is there still, and so is what it was asked through.
    const censuses = [signals, promises, messages, results];
    await collected(() => censuses.every((census) => census.alive() < 10));
    for (const census of censuses) {
      expect(census.size).toBeGreaterThan(1000);
      expect(census.alive()).toBeLessThan(10);
    }
    // The one timer that looks for what is due finds nothing, and is not set again.
    embedded.advance(1000);
    expect(embedded.clock.pending).toBe(0);

    // The last ones are lost with the connection.
    const lost = Array.from({ length: 100 }, (_, i) =>
      exchange.request(`${i}:x`, whole, { signal: shared.signal }).catch((error: unknown) => error),
    );
    expect(getEventListeners(shared.signal, 'abort')).toHaveLength(1);
    embedded.reset();
    await Promise.all(lost);
    expect(exchange.counters.lost).toBe(100);
    expect(getEventListeners(shared.signal, 'abort')).toHaveLength(0);
    await embedded.settled();
    expect(embedded.clock.pending).toBe(0);
  });
});

test('exchanges go with their connections, though a signal and a connection outlive them', async () => {
  const server = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client({ codec: line() });
  const shared = new AbortController();
  const exchanges = new Census();
  const place = { port: server.port!, host: '127.0.0.1' };
  const staying = new Exchange(await client.connect(place));
  void staying.request('x', () => undefined, { signal: shared.signal, timeout: 200_000 }).catch(() => {});
  const visit = async (): Promise<void> => {
    const exchange = exchanges.add(new Exchange(await client.connect(place)));
    const { signal } = shared;
    await Promise.all([
      exchange.request('a', whole, { signal, timeout: 100_000 }),
      exchange.request('b', whole, { signal: AbortSignal.any([signal]), timeout: 100_000 }),
    ]);
    const lost = exchange.request('c', () => undefined, { signal, timeout: 100_000 }).catch(() => {});
    exchange.connection.destroy();
    await lost;
    await exchange.connection.closed;
  };
  for (let i = 0; i < 100; i++) await visit();
  await collected(() => exchanges.alive() <= 1);
  expect(exchanges.alive()).toBeLessThanOrEqual(1);
  expect(getEventListeners(shared.signal, 'abort')).toHaveLength(1);
  await client.close({ grace: 0 });
  expect(getEventListeners(shared.signal, 'abort')).toHaveLength(0);
  await server.close();
});

test('after a process has asked and closed, no timer of it is left', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const server = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client({ codec: line() });
  const exchange = new Exchange(await client.connect({ port: server.port!, host: '127.0.0.1' }));
  const asked = Array.from({ length: 1000 }, (_, i) => exchange.request(`${i}`, whole, { timeout: 1000 + i }));
  expect(await Promise.all(asked)).toHaveLength(1000);
  await client.close();
  await server.close();
  expect(timers()).toBeLessThanOrEqual(before);
});
