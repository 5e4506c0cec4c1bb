import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('20,000 inputs, right and wrong: the same messages however they are cut, and no error but a ProtocolError', () => {
  const { inputs, messages, good, refused } = fuzz(10_000, 1);
  expect(inputs).toBe(20_000);
  // Or the inputs would say little.
  expect(good).toBeGreaterThan(10_000);
  expect(messages - good).toBeGreaterThan(5000);
  expect(refused).toBeGreaterThan(100);
});
