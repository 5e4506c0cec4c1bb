import { InvalidArgumentError, Option } from 'commander';

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

/** The cases that are measured. */
export interface CasesOption {
  readonly cases: readonly LoadCase[];
}

/** @param names by default, as in `64x32,1x1` */
export function casesOption(names: string): Option {
  return new Option('--cases <names>', 'connections x requests in flight')
    .default(parseCases(names), names)
    .argParser(parseCases);
}

/** Reads "64x32,1x1". */
export function parseCases(names: string): LoadCase[] {
  return names.split(',').map((name) => {
    const match = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(name);
    if (match === null)
      throw new InvalidArgumentError(`"${name}" is not <connections>x<requests in flight>, as in 64x32.`);
    return { name, connections: Number(match[1]), depth: Number(match[2]) };
  });
}
