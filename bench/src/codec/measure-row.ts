// oxlint-disable no-await-in-loop -- what is measured must run alone
import { median } from 'simple-statistics';

import type { Figures, Result } from '../report/result.ts';
import { type Contender, contendersOf, type ReadyRow } from './contender.ts';
import { callsOfSample, heapBytes, nanoseconds } from './measure-contender.ts';

/** What was measured of one: nanoseconds in each round. */
interface Measured {
  readonly contender: Contender;
  readonly calls: number;
  readonly ns: number[];
}

/**
 * Measures all of a row in turn, a slice of each in every round, so that all of them see the same phases of the machine; then what each
 * allocates. There is a result for each that ours is compared with.
 */
export async function measureRow(ready: ReadyRow, rounds: number): Promise<Result[]> {
  const measured = new Map<Contender, Measured>();
  for (const contender of contendersOf(ready)) {
    measured.set(contender, { contender, calls: await callsOfSample(contender), ns: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, calls, ns } of measured.values()) ns.push(await nanoseconds(contender, calls));
  }
  const figures = new Map<Contender, Figures>();
  for (const { contender, calls, ns } of measured.values()) {
    figures.set(contender, { value: median(ns), heapBytes: await heapBytes(contender, calls) });
  }
  return results(ready, measured, figures);
}

function results(
  { row, ours, byHand, peers, also }: ReadyRow,
  measured: ReadonlyMap<Contender, Measured>,
  figures: ReadonlyMap<Contender, Figures>,
): Result[] {
  const shared = { name: row.name, unit: 'ns', ours: figures.get(ours)! } as const;
  const others = also.map((contender) => ({ name: contender.name, value: figures.get(contender)!.value }));
  /** How many times as much the first took as the second, in each round. */
  const ratios = (first: Contender, second: Contender): number[] => {
    const { ns } = measured.get(second)!;
    return measured.get(first)!.ns.map((value, round) => value / ns[round]!);
  };
  const compared: Result[] = peers.map((peer) => ({
    ...shared,
    peer: peer.name,
    ratio: 'speed',
    ratios: ratios(peer, ours),
    bar: row.least,
    theirs: figures.get(peer)!,
  }));
  if (byHand === undefined) return compared;
  const cost: Result = {
    ...shared,
    peer: byHand.name,
    ratio: 'cost',
    ratios: ratios(ours, byHand),
    bar: row.most,
    theirs: figures.get(byHand)!,
    also: others.length === 0 ? undefined : others,
  };
  return [cost, ...compared];
}
