import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('5000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, problems, tooLarge, errors } = fuzz(5000, 1);
  // Or they would say little.
  expect(messages).toBeGreaterThan(5000);
  expect(problems).toBeGreaterThan(500);
  expect(messages - problems).toBeGreaterThan(500);
  expect(tooLarge).toBeGreaterThan(250);
  expect(errors).toBeGreaterThan(500);
});
