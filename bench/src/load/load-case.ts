import { UsageError } from '../usage-error.ts';

/** What is sent and what has to come back: a prefix, a payload that differs from frame to frame, and a suffix. Hexadecimal, '-' for none. */
export interface Frames {
  readonly payloadBytes: number;
  readonly requestPrefix: string;
  readonly replyPrefix: string;
  readonly suffix: string;
}

/** One load: `connections` connections with `depth` requests in flight on each. */
export interface LoadCase {
  /** "64x32": connections x depth. */
  readonly name: string;
  readonly connections: number;
  readonly depth: number;
}

/** Reads "64x32"; throws UsageError for anything else. */
export function parseCase(name: string): LoadCase {
  const match = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(name);
  if (match === null) throw new UsageError(`--cases: "${name}" is not <connections>x<requests in flight>, as in 64x32`);
  return { name, connections: Number(match[1]), depth: Number(match[2]) };
}
