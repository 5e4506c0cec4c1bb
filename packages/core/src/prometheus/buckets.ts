import type { Histogram } from 'node:perf_hooks';

import { InvalidOptionError } from '../codec/errors.ts';

/** Upper bounds in seconds, from what a hook takes that only computes to what nobody waits for any more. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.000_025, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** @throws {InvalidOptionError} they are no positive numbers that grow */
export function checkBuckets(buckets: readonly number[]): readonly number[] {
  const grows = Array.isArray(buckets) && buckets.every((bound, i) => bound > (i === 0 ? 0 : buckets[i - 1]!));
  if (!grows || buckets.length === 0 || buckets.at(-1) === Infinity) {
    throw new InvalidOptionError('buckets must be upper bounds in seconds that grow: [0.001, 0.01, 0.1]');
  }
  return buckets;
}

/**
 * How many of the values that `histogram` has recorded are at most `bound`. A histogram of Node tells percentiles only, but exactly: the
 * count is the largest one whose percentile is no more than `bound`, which is found by halving. Values are as exact as the histogram keeps them: to a
 * hundredth for those of this library.
 */
export function countUpTo(histogram: Pick<Histogram, 'count' | 'percentile'>, bound: number): number {
  const { count } = histogram;
  let below = 0;
  let above = count + 1;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    // Within the step of that value, where neither rounding up nor to the nearest leads to its neighbour.
    if (histogram.percentile(((middle - 0.25) / count) * 100) <= bound) below = middle;
    else above = middle;
  }
  return below;
}
