import { median } from '../median.ts';
import { type Contest, ratioText } from '../side-by-side/contest.ts';
import { type Contender, MIXED, NATIVE, NPM, OURS } from './contender.ts';
import type { JobCase } from './job-case.ts';

const COLUMNS: readonly Contender[] = [OURS, ...NPM, NATIVE, ...MIXED];

/** Of the table; the first column is flush left. */
export const JOB_HEAD: readonly string[] = [
  'what',
  'bar',
  '',
  'ours / best npm',
  'ours / C',
  'busy',
  ...COLUMNS.map(({ name }) => name),
];

/** The row of a case. */
export function jobRow({ name, floor, nativeFloor }: JobCase, contest: Contest<Contender>): string[] {
  const ratios = contest.ratios(OURS, contest.best(NPM));
  const nativeRatios = contest.ratios(OURS, NATIVE);
  const met = median(ratios) >= floor || (nativeFloor !== undefined && median(nativeRatios) >= nativeFloor);
  return [
    name,
    `>= ${floor}${nativeFloor === undefined ? '' : ` or ${nativeFloor} of C`}`,
    ratios.length === 0 ? '' : met ? 'met' : 'MISSED',
    ratioText(ratios),
    ratioText(nativeRatios),
    `${contest.serverBusy(OURS).toFixed(2)} / ${contest.serverBusy(NATIVE).toFixed(2)}`,
    ...COLUMNS.map((contender) => contest.figure(contender, 1e3)),
  ];
}
