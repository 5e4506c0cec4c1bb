import { max, median, min } from 'simple-statistics';

/** Where the samples of one figure lie. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @param samples at least one */
export function spreadOf(samples: readonly number[]): Spread {
  const values = [...samples];
  return { median: median(values), low: min(values), high: max(values) };
}
