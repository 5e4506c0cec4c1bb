import { isDeepStrictEqual } from 'node:util';

import { expect } from 'vitest';

/** As `expect(actual).toEqual(expected)`, for loops of many: an `expect()` that holds takes longer than most of what it looks at. */
export function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}
