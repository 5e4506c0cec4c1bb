import { median } from '../median.ts';
import type { Pair } from './measure-pairs.ts';
import type { ServerSlice } from './measure-slice.ts';

/** From this busy share on a server counts as saturated, and its throughput as its own. */
const SATURATED = 0.95;

/** Titles of the columns that {@link pairCells} fills. */
export const PAIR_COLUMNS: readonly string[] = ['bar', '', 'ratio', 'ours', 'peer', 'busy', 'p50 us', 'p99 us'];

/** What the columns mean. */
export const PAIR_LEGEND = 'ratio: median of the pairs [least..greatest]; other figures are ours / peer';

/** What is compared: throughput, that for each second of CPU time, or the former when neither server had time left and else the latter. */
export type Compared = 'perSecond' | 'perCpuSecond' | 'either';

/** The median ratio of a figure, and what a table shows of it. A ratio of operations for each second of CPU time has a star. */
export function ratioCell(
  pairs: readonly Pair[],
  compared: Compared,
): { readonly ratio: number; readonly cell: string } {
  const figure = compared === 'either' ? figureOf(pairs) : compared;
  const ratios = pairs.map(({ ours, peer }) => ours[figure] / peer[figure]);
  const ratio = median(ratios);
  const star = figure === 'perCpuSecond' ? '*' : '';
  return {
    ratio,
    cell: `${ratio.toFixed(2)}${star} [${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]`,
  };
}

/** A row of figures in the order of {@link PAIR_COLUMNS}. */
export function pairCells(pairs: readonly Pair[], floor: number | undefined, compared: Compared = 'either'): string[] {
  const { ratio, cell } = ratioCell(pairs, compared);
  const both = (figure: keyof ServerSlice, digits: number): string =>
    `${medianOf(pairs, 'ours', figure).toFixed(digits)} / ${medianOf(pairs, 'peer', figure).toFixed(digits)}`;
  return [
    floor === undefined ? '' : `>= ${floor}`,
    floor === undefined ? '' : ratio >= floor ? 'met' : 'MISSED',
    cell,
    thousands(medianOf(pairs, 'ours', 'perSecond')),
    thousands(medianOf(pairs, 'peer', 'perSecond')),
    both('busy', 2),
    both('p50Us', 0),
    both('p99Us', 0),
  ];
}

function figureOf(pairs: readonly Pair[]): 'perSecond' | 'perCpuSecond' {
  const saturated = medianOf(pairs, 'ours', 'busy') >= SATURATED && medianOf(pairs, 'peer', 'busy') >= SATURATED;
  return saturated ? 'perSecond' : 'perCpuSecond';
}

function medianOf(pairs: readonly Pair[], side: keyof Pair, figure: keyof ServerSlice): number {
  return median(pairs.map((pair) => pair[side][figure]));
}

/** Small figures need a digit more. */
function thousands(value: number): string {
  return (value / 1000).toFixed(value < 100_000 ? 1 : 0);
}
