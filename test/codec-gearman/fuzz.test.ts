import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('5000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, lines, incomplete, refused, errors } = fuzz(5000, 1);
  // Or they would say little.
  expect(messages).toBeGreaterThan(7500);
  expect(lines).toBeGreaterThan(1250);
  expect(incomplete).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(250);
  expect(errors).toBeGreaterThan(500);
});
