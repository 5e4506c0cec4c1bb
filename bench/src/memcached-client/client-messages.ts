import type { SliceTimes } from '../side-by-side/slice-process.ts';

/** What the process of a client is told: to run a slice of a case. */
export interface SliceOrder extends SliceTimes {
  readonly caseName: string;
}
