import type { Curve } from './curve.ts';
import type { Result } from './result.ts';

/** What a benchmark has found. */
export interface Findings {
  /** What was measured, in a line. */
  readonly what: string;
  /** How: versions of peers, what was pinned where, how many pairs of which length. */
  readonly setting: readonly string[];
  readonly results: readonly Result[];
  readonly curves?: readonly Curve[] | undefined;
  /** What was asked for and could not be measured. */
  readonly missing: readonly Missing[];
  /** What a reader of the table has to know. */
  readonly notes?: readonly string[] | undefined;
}

export interface Missing {
  readonly what: string;
  readonly why: string;
  /** Whether it was tried, and failed: not something that a peer cannot do, or that is not there. */
  readonly failed?: boolean | undefined;
  /** The command that installs a peer that is missing. */
  readonly install?: string | undefined;
}

/** The findings of one run. */
export interface Report extends Findings {
  readonly benchmark: string;
  /** ISO 8601. */
  readonly at: string;
  /** The version of Node that everything ran on. */
  readonly node: string;
  /** Whether it is of the short pass: its figures are rough. */
  readonly short: boolean;
}
