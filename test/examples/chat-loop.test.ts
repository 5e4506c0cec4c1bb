import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('two guests come in, talk and leave', async () => {
  const example = new ExampleProcess('chat-loop');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'Ada hears: What is your name?',
    'Ada hears: * Ada comes in',
    'Bob hears: What is your name?',
    'Bob hears: * Bob comes in',
    'Ada hears: * Bob comes in',
    'Bob hears: Ada: Hello, Bob!',
    'Ada hears: Ada: Hello, Bob!',
    'Bob hears: Here are Ada and Bob.',
    'Bob hears: (the end)',
    'Ada hears: * Bob leaves',
    'Ada hears: (the end)',
    '',
  ]);
  expect(example.stderr).toBe('');
});
