import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('it keeps, fetches and refuses', async () => {
  const example = new ExampleProcess('parcel-store');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'put greeting hello -> value greeting hello',
    'get greeting -> value greeting hello',
    'get farewell -> missing farewell',
    'put everything (5000 bytes) -> refused 5010 bytes are too many',
    'missing greeting -> refused greeting missing is no request',
    '',
  ]);
  expect(example.stderr).toBe('');
});
