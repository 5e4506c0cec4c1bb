import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('200,000 inputs, right and wrong: the same messages however they are cut, and no error but a ProtocolError', () => {
  const { inputs, messages, good, refused } = fuzz(100_000, 2);
  expect(inputs).toBe(200_000);
  expect(good).toBeGreaterThan(100_000);
  expect(messages - good).toBeGreaterThan(50_000);
  expect(refused).toBeGreaterThan(1000);
});
