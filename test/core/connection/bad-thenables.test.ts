import { line } from '@wirewright/codec-line';
import type { HookError } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

/** What cannot even be asked whether it is a promise. */
// oxlint-disable-next-line unicorn/no-thenable -- it is what this is about
const bad = Object.defineProperty({}, 'then', {
  get: (): never => {
    throw new Error('do not ask');
  },
}) as unknown;

describe('a hook that returns what throws when it is asked for its then', () => {
  test.each([
    ['onConnect', ''],
    ['onRead', 'hello\n'],
    ['onEnd', 'END'],
  ] as const)('has failed: %s', async (hook, input) => {
    const embedded = embed(line(), { [hook]: () => bad });
    if (input === 'END') embedded.end();
    else if (input !== '') embedded.feed(input);
    await embedded.settled();
    embedded.connection.destroy();
    expect(await embedded.connection.closed).toBe('hook-error');
    const [error] = embedded.errors as HookError[];
    expect(error).toMatchObject({ hook, cause: { message: 'do not ask' } });
  });

  test('has failed: onDrain', async () => {
    const embedded = embed(line(), { onDrain: () => bad }, { highWaterMark: 10, lowWaterMark: 0 });
    embedded.stall();
    embedded.connection.send('more than ten bytes');
    embedded.connection.flush();
    embedded.unstall();
    await embedded.settled();
    embedded.connection.destroy();
    expect(await embedded.connection.closed).toBe('hook-error');
  });
});
