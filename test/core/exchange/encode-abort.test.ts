import { line } from '@wirewright/codec-line';
import { Exchange } from '@wirewright/core';
import type { CodecFactory } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { expect, test } from 'vitest';

import { outcome } from './asking.ts';

/** Messages say themselves what they are, which is somebody else's code. */
const spoken: CodecFactory<string, { say(): string }> = () => {
  const lines = line()();
  return { decode: (input) => lines.decode(input), encode: (message, output) => lines.encode(message.say(), output) };
};

const say = (text: string): { say(): string } => ({ say: () => text });
const whole = (frame: string): string => frame;

test.each([1, 2])(
  'a request given up while it is encoded, which then fails, leaves no tombstone; window %i',
  async (window) => {
    const embedded = embed(spoken, {}, { role: 'client', record: false });
    const exchange = new Exchange(embedded.connection, { window });
    const controller = new AbortController();
    const reason = new Error('gone');
    const first = Array.from({ length: window }, (_, i) => outcome(exchange.request(say(`first ${i}`), whole)));
    const bad = {
      say(): string {
        controller.abort(reason);
        throw reason;
      },
    };
    const failed = outcome(exchange.request(bad, whole, { signal: controller.signal }));
    await embedded.settled();
    for (let i = 0; i < window; i++) embedded.feed(`re first ${i}\n`);
    await embedded.settled();
    expect(first.map(({ value }) => value)).toEqual(first.map((_, i) => `re first ${i}`));
    expect(failed).toMatchObject({ settled: 1, error: reason });
    expect([exchange.abandoned, exchange.inFlight, exchange.room]).toEqual([0, 0, window]);
    for (const text of ['b', 'c', 'd']) {
      const asked = outcome(exchange.request(say(text), whole));
      await embedded.settled();
      embedded.feed(`re ${text}\n`);
      await embedded.settled();
      expect(asked.value).toBe(`re ${text}`);
    }
  },
);

test('many deadlines that are near each other are looked at together', async () => {
  const embedded = embed(line(), {}, { role: 'client', record: false });
  const exchange = new Exchange(embedded.connection, { window: 4000 });
  const asked = [];
  for (let i = 0; i < 2000; i++) {
    asked.push(outcome(exchange.request(`${i}`, whole, { timeout: 1000 + i })));
  }
  // Each look is one timer: without company there would be two thousand of them.
  let looks = 0;
  const { clock } = embedded;
  const after = clock.after.bind(clock);
  clock.after = (delay, callback) =>
    after(delay, () => {
      looks++;
      callback();
    });
  for (let passed = 0; passed < 3400; passed += 100) {
    embedded.advance(100);
    await embedded.settled();
    const late = asked.filter(({ settled }, i) => settled === 0 && passed + 100 > (1000 + i) * 1.125);
    const early = asked.filter(({ settled }, i) => settled === 1 && passed + 100 < 1000 + i);
    expect([late.length, early.length]).toEqual([0, 0]);
  }
  expect(asked.every(({ settled }) => settled === 1)).toBe(true);
  expect(looks).toBeLessThan(200);
});
