import { median } from '../median.ts';
import type { Match } from './match.ts';
import type { ServerKind } from './server-kind.ts';
import type { Slice } from './slice.ts';

/** A server and the one it is measured against, one right after the other. */
export interface Pair {
  readonly base: Slice;
  readonly ours: Slice;
}

/** What a ratio compares: replies per second, or replies per CPU-second of the server. */
type Basis = 'throughput' | 'cpu';

/** One row of the result. */
export interface Comparison {
  readonly case: string;
  readonly kind: ServerKind;
  readonly baseKind: ServerKind;
  readonly basis: Basis;
  /** Median of the pairwise ratios ours / base on `basis`; below it their least and greatest. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** The same median on the other basis as well. */
  readonly ratios: Readonly<Record<Basis, number>>;
  readonly floor: number | undefined;
  readonly met: boolean | undefined;
  readonly pairsUsed: number;
  readonly pairsRun: number;
  /** False when fewer good pairs were found than asked for: the machine was not quiet. */
  readonly steady: boolean;
  /** Medians over the pairs used. */
  readonly ours: Slice;
  readonly base: Slice;
}

/** From this busy share on a server counts as saturated, and its throughput as its own. */
const SATURATED = 0.95;

/** Sums up the pairs of one row; `pairs` must not be empty. */
export function compare(
  { load, kind, baseKind, floor }: Match,
  pairs: { readonly used: readonly Pair[]; readonly run: number; readonly steady: boolean },
): Comparison {
  const { used } = pairs;
  const ours = medianSlice(used.map((pair) => pair.ours));
  const base = medianSlice(used.map((pair) => pair.base));
  const byBasis: Record<Basis, readonly number[]> = {
    throughput: used.map((pair) => pair.ours.repliesPerSecond / pair.base.repliesPerSecond),
    cpu: used.map((pair) => pair.ours.repliesPerCpuSecond / pair.base.repliesPerCpuSecond),
  };
  const basis: Basis = ours.busy >= SATURATED && base.busy >= SATURATED ? 'throughput' : 'cpu';
  const ratios = { throughput: median(byBasis.throughput), cpu: median(byBasis.cpu) };
  return {
    case: load.name,
    kind,
    baseKind,
    basis,
    ratio: ratios[basis],
    low: Math.min(...byBasis[basis]),
    high: Math.max(...byBasis[basis]),
    ratios,
    floor,
    met: floor === undefined ? undefined : ratios[basis] >= floor,
    pairsUsed: used.length,
    pairsRun: pairs.run,
    steady: pairs.steady,
    ours,
    base,
  };
}

/** The median of every figure by itself. */
function medianSlice(slices: readonly Slice[]): Slice {
  const of = (field: keyof Slice): number => median(slices.map((slice) => slice[field]));
  return {
    repliesPerSecond: of('repliesPerSecond'),
    repliesPerCpuSecond: of('repliesPerCpuSecond'),
    busy: of('busy'),
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    rssBytes: of('rssBytes'),
  };
}
