import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { type Line, line } from '@wirewright/codec-line';
import { Exchange, type ExchangeCounters, type ExchangeOptions, type RequestOptions } from '@wirewright/core';
import type { CodecFactory } from '@wirewright/core/codec';
import { embed, type EmbeddedConnection, type EmbedOptions } from '@wirewright/core/testing';
import { expect, onTestFinished } from 'vitest';

/** What has become of a promise so far, and how often it was told. */
export interface Outcome {
  settled: number;
  value?: unknown;
  error?: unknown;
}

export function outcome(promise: Promise<unknown>): Outcome {
  const seen: Outcome = { settled: 0 };
  const watch = async (): Promise<void> => {
    try {
      seen.value = await promise;
    } catch (error) {
      seen.error = error;
    }
    seen.settled++;
  };
  void watch();
  return seen;
}

/** Takes a reply of one frame. */
export const whole = <T>(frame: T): T => frame;

/** Takes a reply of several lines, the last of which is a dot. */
export function listing(): (frame: string) => string[] | undefined {
  const lines: string[] = [];
  return (frame) => (frame === '.' ? lines : void lines.push(frame));
}

/** Ids before a colon: `7:get` is answered by `7:value`. Pushes and other lines bear none. */
export const byId = {
  request: (message: Line): string | undefined => /^(\w+):/.exec(String(message))?.[1],
  reply: (frame: string): string | undefined => /^(\w+):/.exec(frame)?.[1],
};

/** Lines, one of which cannot be said. */
export const halting: CodecFactory<string, Line> = () => {
  const lines = line()();
  return {
    decode: (input) => lines.decode(input),
    encode(message, output) {
      output.utf8('half of it');
      if (message === 'unsayable') throw new TypeError('no word for it');
      output.utf8(` ${String(message)}\n`);
    },
  };
};

/** An exchange whose peer is the test, and what has become of all that was asked through {@link Asking.ask}. */
export interface Asking {
  readonly embedded: EmbeddedConnection<string, Line>;
  readonly exchange: Exchange<string, Line>;
  readonly outcomes: Outcome[];
  ask(message: Line, collect?: (frame: string) => unknown, options?: RequestOptions): Outcome;
  /** What was sent since the last call, line by line. */
  sent(): string[];
  /** Lines from the peer; settles once everybody has heard of them. */
  reply(...lines: string[]): Promise<void>;
  /** Checks that everything is settled, once each, and was counted and published as such. */
  allSettled(): Promise<void>;
}

export function asking(
  options: ExchangeOptions<string, Line> = {},
  connectionOptions: EmbedOptions = {},
  codec: CodecFactory<string, Line> = line(),
): Asking {
  const embedded = embed<string, Line>(codec, {}, { role: 'client', record: false, ...connectionOptions });
  const exchange = new Exchange(embedded.connection, options);
  const outcomes: Outcome[] = [];
  const ends: unknown[] = [];
  const onEnd = (seen: unknown): void => {
    if ((seen as { connection: unknown }).connection === embedded.connection) ends.push(seen);
  };
  subscribe('wirewright:request:end', onEnd);
  onTestFinished(() => void unsubscribe('wirewright:request:end', onEnd));
  return {
    embedded,
    exchange,
    outcomes,
    ask(message, collect = whole, requestOptions = {}) {
      const asked = outcome(exchange.request(message, collect, requestOptions));
      outcomes.push(asked);
      return asked;
    },
    sent: () => embedded.sent().toString().split('\n').filter(Boolean),
    async reply(...lines) {
      embedded.feed(lines.map((text) => `${text}\n`).join(''));
      await embedded.settled();
    },
    async allSettled() {
      await embedded.settled();
      expect(outcomes.map(({ settled }) => settled)).toEqual(outcomes.map(() => 1));
      expect(ends).toHaveLength(outcomes.length);
      expect(new Set(ends).size).toBe(outcomes.length);
      expect([exchange.inFlight, exchange.waiting]).toEqual([0, 0]);
      addUp(exchange);
    },
  };
}

/** Checks that every request is counted as one thing. Nothing that expects no reply may be waiting. */
export function addUp(exchange: { counters: ExchangeCounters; inFlight: number; waiting: number }): void {
  const { requests, replies, failures, timeouts, aborts, lost } = exchange.counters;
  const open = exchange.inFlight + exchange.waiting;
  expect(replies + failures + timeouts + aborts + lost + open).toBe(requests);
}
