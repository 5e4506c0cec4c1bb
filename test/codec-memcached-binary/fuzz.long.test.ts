import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('200,000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  const { messages, problems, tooLarge, errors } = fuzz(200_000, 2);
  expect(messages).toBeGreaterThan(200_000);
  expect(problems).toBeGreaterThan(20_000);
  expect(messages - problems).toBeGreaterThan(20_000);
  expect(tooLarge).toBeGreaterThan(10_000);
  expect(errors).toBeGreaterThan(20_000);
});
