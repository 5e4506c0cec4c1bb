import { median } from './median.ts';

/** Something that is timed: does its work `times` times. */
export type Work = (times: number) => void;

/** Median nanoseconds of one time, by name, and the medians of the ratios to the first of them, taken round by round. */
export interface Timing {
  readonly name: string;
  readonly ns: number;
  /** How many times as long as the first it took. */
  readonly ratio: number;
}

/** For how long one of them is timed at a time, in ms: long enough for the clock, short enough to fall in one phase of the machine. */
const SLICE_MS = 10;

/**
 * Times things in turn, a slice of each in every round, so that all of them see the same phases of the machine. Everything is warmed up
 * first, with everything else: what is compiled for one caller alone is not what a program gets.
 */
export function interleave(works: ReadonlyMap<string, Work>, rounds: number): Timing[] {
  const times = new Map(Array.from(works, ([name, work]) => [name, calibrate(work)] as const));
  const samples = new Map(Array.from(works.keys(), (name) => [name, [] as number[]] as const));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of works) samples.get(name)!.push(timed(work, times.get(name)!));
  }
  const [base = []] = samples.values();
  return Array.from(samples, ([name, ns]) => ({
    name,
    ns: median(ns),
    ratio: median(ns.map((value, round) => value / base[round]!)),
  }));
}

/** How many times fill a slice. */
function calibrate(work: Work): number {
  let times = 64;
  for (let i = 0; i < 20; i++) timed(work, times);
  for (;;) {
    const ms = (timed(work, times) * times) / 1e6;
    if (ms >= SLICE_MS) return times;
    times = Math.ceil(times * Math.min(8, (1.2 * SLICE_MS) / ms));
  }
}

/** Nanoseconds of one time. */
function timed(work: Work, times: number): number {
  const begun = process.hrtime.bigint();
  work(times);
  return Number(process.hrtime.bigint() - begun) / times;
}
