import { median } from '../median.ts';
import type { ClientCase } from './client-case.ts';
import { CLIENTS, type ClientKind, OURS, PEERS } from './client-kind.ts';
import type { CaseSlices, ClientSlice } from './measure-case.ts';

/** From this busy share on it is memcached that keeps a client from doing more. */
const SATURATED = 0.95;

/** Of the table; the first column is flush left. */
export const CLIENT_HEAD: readonly string[] = ['what', 'bar', '', `${OURS[0]} / best npm`, 'best of ours', ...CLIENTS];

/** The row of a case. */
export function clientRow({ name, floor, inBytes, size }: ClientCase, results: CaseSlices): string[] {
  const ours = bestOf(OURS, results);
  const peer = bestOf(PEERS, results);
  const ratios = ratiosOf(OURS[0], peer, results);
  const unit = inBytes ? 1e6 / size : 1e3;
  return [
    inBytes ? `${name}, MB/s` : name,
    `>= ${floor}`,
    ratios.length === 0 ? '' : median(ratios) >= floor ? 'met' : 'MISSED',
    ratios.length === 0
      ? 'n/a'
      : `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]`,
    ours === undefined ? 'n/a' : `${ours} ${median(ratiosOf(ours, peer, results)).toFixed(2)}`,
    ...CLIENTS.map((kind) => figure(results.get(kind), unit)),
  ];
}

/** Slices of a client, none when it failed. */
function slicesOf(kind: ClientKind, results: CaseSlices): readonly ClientSlice[] {
  const slices = results.get(kind);
  return slices === undefined || typeof slices === 'string' ? [] : slices;
}

function speedOf(slices: readonly ClientSlice[]): number {
  return median(slices.map(({ perSecond }) => perSecond));
}

/** The fastest of some clients, if any of them got through. */
function bestOf(kinds: readonly ClientKind[], results: CaseSlices): ClientKind | undefined {
  const able = kinds.filter((kind) => slicesOf(kind, results).length > 0);
  const speeds = able.map((kind) => speedOf(slicesOf(kind, results)));
  return able[speeds.indexOf(Math.max(...speeds))];
}

/** How many times as fast as another one a client was, round by round. */
function ratiosOf(kind: ClientKind, other: ClientKind | undefined, results: CaseSlices): number[] {
  if (other === undefined) return [];
  const others = slicesOf(other, results);
  return slicesOf(kind, results).map(({ perSecond }, round) => perSecond / others[round]!.perSecond);
}

function figure(slices: readonly ClientSlice[] | string | undefined, unit: number): string {
  if (slices === undefined || typeof slices === 'string') return 'n/a';
  const value = speedOf(slices) / unit;
  const limited = median(slices.map(({ serverBusy }) => serverBusy)) >= SATURATED;
  return `${value.toFixed(value < 100 ? 1 : 0)}${limited ? '*' : ''}`;
}
