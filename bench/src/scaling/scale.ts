import type { Frames } from '../load/load-case.ts';
import type { Match } from '../load/match.ts';

/** Something that is made larger step by step: the x of two curves. */
export interface Scale {
  /** What the curves are over: `connections`. */
  readonly name: string;
  /** What else is the same at all steps, for the titles. */
  readonly setting: string;
  /** What the servers are called in the curves. */
  readonly ours: string;
  readonly peer: string;
  /** What throughput counts. */
  readonly unit: 'lines/s' | 'bytes/s';
  /** Whether x is a number of bytes. */
  readonly ofBytes?: boolean;
  /** Whether a server has one core to itself; else it may use all of them, and shares them with the generator. */
  readonly pinned: boolean;
  readonly steps: readonly Step[];
}

/** One of them: a point of each curve. */
export interface Step extends Match {
  readonly x: number;
  readonly frames: Frames;
  /** What a request counts in the unit of the scale. */
  readonly worth: number;
}
