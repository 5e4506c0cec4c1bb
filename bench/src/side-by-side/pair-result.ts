import { median } from 'simple-statistics';

import type { Figures, Result } from '../report/result.ts';
import type { Pair } from './measure-pairs.ts';
import type { ServerSlice } from './measure-slice.ts';

/** From this busy share on a server counts as saturated, and its throughput as its own. */
const SATURATED = 0.95;

/** What is compared: throughput, that for each second of CPU time, or the former when neither server had time left and else the latter. */
export type Compared = 'perSecond' | 'perCpuSecond' | 'either';

/** What a row says beside its figures. */
export type PairRow = Pick<Result, 'name' | 'peer' | 'unit' | 'bar'>;

/** Sums up the pairs of one row. */
export function pairResult(row: PairRow, pairs: readonly Pair[], compared: Compared = 'either'): Result {
  const ours = figuresOf(pairs.map((pair) => pair.ours));
  const theirs = figuresOf(pairs.map((pair) => pair.peer));
  const saturated = Math.min(ours.busy, theirs.busy) >= SATURATED;
  const figure = compared === 'either' ? (saturated ? 'perSecond' : 'perCpuSecond') : compared;
  const { name, peer, unit, bar } = row;
  return {
    name,
    peer,
    unit,
    bar,
    ratio: 'speed',
    ratios: pairs.map((pair) => pair.ours[figure] / pair.peer[figure]),
    basis: figure === 'perCpuSecond' ? 'cpu' : undefined,
    ours,
    theirs,
  };
}

/** The median of every figure by itself. */
function figuresOf(slices: readonly ServerSlice[]): Figures & { readonly busy: number } {
  const of = (figure: keyof ServerSlice): number => median(slices.map((slice) => slice[figure]));
  return {
    value: of('perSecond'),
    busy: of('busy'),
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    cpuUs: 1e6 / of('perCpuSecond'),
    rssBytes: of('rssBytes'),
  };
}
