import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('5000 inputs, right and wrong: the same messages however they are cut, and no error but a ProtocolError', () => {
  const { inputs, messages, good, refused } = fuzz(2500, 1);
  expect(inputs).toBe(5000);
  // Or the inputs would say little.
  expect(good).toBeGreaterThan(2500);
  expect(messages - good).toBeGreaterThan(1250);
  expect(refused).toBeGreaterThan(25);
});
