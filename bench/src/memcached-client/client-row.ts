import { median } from '../median.ts';
import { type Contest, ratioText } from '../side-by-side/contest.ts';
import type { ClientCase } from './client-case.ts';
import { CLIENTS, type ClientKind, OURS, PEERS } from './client-kind.ts';

/** Of the table; the first column is flush left. */
export const CLIENT_HEAD: readonly string[] = ['what', 'bar', '', `${OURS[0]} / best npm`, 'best of ours', ...CLIENTS];

/** The row of a case. */
export function clientRow({ name, floor, inBytes, size }: ClientCase, contest: Contest<ClientKind>): string[] {
  const ours = contest.best(OURS);
  const peer = contest.best(PEERS);
  const ratios = contest.ratios(OURS[0], peer);
  const unit = inBytes ? 1e6 / size : 1e3;
  return [
    inBytes ? `${name}, MB/s` : name,
    `>= ${floor}`,
    ratios.length === 0 ? '' : median(ratios) >= floor ? 'met' : 'MISSED',
    ratioText(ratios),
    ours === undefined ? 'n/a' : `${ours} ${median(contest.ratios(ours, peer)).toFixed(2)}`,
    ...CLIENTS.map((kind) => contest.figure(kind, unit)),
  ];
}
