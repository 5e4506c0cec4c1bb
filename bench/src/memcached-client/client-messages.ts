import type { SliceTimes } from './run-slice.ts';

/** What the process of a client is told: to run a slice of a case. */
export interface SliceOrder extends SliceTimes {
  readonly caseName: string;
}

/** What it answers: first that it begins to measure, then what came of it. */
export type SliceAnswer =
  | { readonly phase: 'measuring' }
  | { readonly phase: 'done'; readonly perSecond: number }
  | { readonly phase: 'failed'; readonly reason: string };
