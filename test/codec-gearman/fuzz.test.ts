import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('20,000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, lines, incomplete, refused, errors } = fuzz(20_000, 1);
  // Or they would say little.
  expect(messages).toBeGreaterThan(30_000);
  expect(lines).toBeGreaterThan(5000);
  expect(incomplete).toBeGreaterThan(2000);
  expect(refused).toBeGreaterThan(1000);
  expect(errors).toBeGreaterThan(2000);
});
