import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('20,000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, problems, tooLarge, errors } = fuzz(20_000, 1);
  // Or they would say little.
  expect(messages).toBeGreaterThan(20_000);
  expect(problems).toBeGreaterThan(2000);
  expect(messages - problems).toBeGreaterThan(2000);
  expect(tooLarge).toBeGreaterThan(1000);
  expect(errors).toBeGreaterThan(2000);
});
