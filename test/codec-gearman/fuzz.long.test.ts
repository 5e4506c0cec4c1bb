import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('200,000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, lines, incomplete, refused, errors } = fuzz(200_000, 2);
  expect(messages).toBeGreaterThan(300_000);
  expect(lines).toBeGreaterThan(50_000);
  expect(incomplete).toBeGreaterThan(20_000);
  expect(refused).toBeGreaterThan(10_000);
  expect(errors).toBeGreaterThan(20_000);
});
