import { describe, expect, test } from 'vitest';

import type { Pair } from '../../bench/src/side-by-side/measure-pairs.ts';
import { pairResult } from '../../bench/src/side-by-side/pair-result.ts';

function slice(perSecond: number, busy: number): Pair['ours'] {
  return { perSecond, perCpuSecond: perSecond / busy, busy, p50Us: 10, p99Us: 20, rssBytes: 5e7 };
}

const row = { name: 'x', peer: 'bare', unit: 'lines/s', bar: undefined };

describe('pairs of slices are summed up', () => {
  test('by throughput when both servers had no time left', () => {
    const pairs = [
      { ours: slice(50, 1), peer: slice(100, 0.96) },
      { ours: slice(70, 0.99), peer: slice(100, 0.97) },
      { ours: slice(60, 1), peer: slice(100, 1) },
    ];
    const { ratios, basis, ours } = pairResult(row, pairs);
    expect(ratios).toEqual([0.5, 0.7, 0.6]);
    expect(basis).toBeUndefined();
    expect(ours.value).toBe(60);
    expect(ours.cpuUs).toBeCloseTo(1e6 / 60, 5);
  });

  test('by operations for each second of CPU time when one of them had', () => {
    const { ratios, basis } = pairResult(row, [{ ours: slice(50, 1), peer: slice(50, 0.5) }]);
    expect(ratios).toEqual([0.5]);
    expect(basis).toBe('cpu');
  });

  test('by what was asked for', () => {
    const { ratios, basis } = pairResult(row, [{ ours: slice(50, 1), peer: slice(50, 0.5) }], 'perSecond');
    expect(ratios).toEqual([1]);
    expect(basis).toBeUndefined();
  });
});
