import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('it asks in every way there is, and says what became of it', async () => {
  const example = new ExampleProcess('request-reply');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'apple is red, plum is null',
    'keys: apple, pear',
    'refused: eat is no command',
    'late: no reply within 20 ms, sent: true, owed: 1',
    'apple is red, owed: 0',
    'aborted: the user has left',
    'pipeline: true',
    'pipeline: paint is no command',
    'pipeline: blue',
    '12 requests: 8 answered, 2 refused, 1 late, 1 aborted',
    '2 replies were dropped',
    '',
  ]);
  expect(example.stderr).toBe('');
});
