import { expect, test } from 'vitest';

import { fuzz } from './fuzz.ts';

test('200,000 inputs come to the same however they are cut, and to no error but that of a protocol', () => {
  expect(fuzz(200_000, 2).messages).toBeGreaterThan(200_000);
});
