import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('ECHO answers hello, SHUTDOWN answers OK, and the server closes', async () => {
  const example = new ExampleProcess('quasizero');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout).toBe(
    'server responded to ECHO with "hello"\nserver responded to SHUTDOWN with "OK"\nserver closed\n',
  );
  expect(example.stderr).toBe('');
});
