import { InvalidOptionError } from '@wirewright/core';
import { Worker } from '@wirewright/gearman';
import { MemcachedServer } from '@wirewright/memcached';
import { QuasizeroServer } from '@wirewright/quasizero';
import { describe, expect, onTestFinished, test } from 'vitest';

/** What all that have handlers have. */
interface Handling {
  handle(name: string | number, handler: unknown): unknown;
  destroy(): void;
}

const kinds: readonly { name: string; make: () => object; first: string | number; second: string | number }[] = [
  { name: 'MemcachedServer', make: () => new MemcachedServer(), first: 'get', second: 'set' },
  { name: 'QuasizeroServer', make: () => new QuasizeroServer(), first: 1, second: 2 },
  { name: 'Worker', make: () => new Worker('127.0.0.1:1').onError(() => {}), first: 'one', second: 'two' },
];

describe.each(kinds)('$name', ({ make, first, second }) => {
  const made = (): Handling => {
    const handling = make() as Handling;
    onTestFinished(() => handling.destroy());
    return handling;
  };

  test('has one handler for each command, and refuses another', () => {
    const handling = made();
    expect(handling.handle(first, () => {})).toBe(handling);
    handling.handle(second, () => {});
    expect(() => handling.handle(first, () => {})).toThrow(InvalidOptionError);
    expect(() => handling.handle(first, () => {})).toThrow(`${first} has a handler already`);
  });

  test('refuses a handler that is none', () => {
    const handling = made();
    expect(() => handling.handle(first, 5)).toThrow(InvalidOptionError);
    // Which is no handler.
    handling.handle(first, () => {});
  });
});
