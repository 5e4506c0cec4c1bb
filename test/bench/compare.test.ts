import { describe, expect, test } from 'vitest';

import { type Change, compareReports } from '../../bench/src/report/compare.ts';
import { renderChanges } from '../../bench/src/report/render-changes.ts';
import type { Result } from '../../bench/src/report/result.ts';
import { report, result } from './reports.ts';

const steady = [0.59, 0.6, 0.6, 0.6, 0.61];

function changeOf(before: Result, after: Result): Change | undefined {
  return compareReports([report([before])], [report([after])]).changes[0];
}

describe('two runs are compared', () => {
  test('a row whose ratio fell beyond the spread of both is slower', () => {
    const change = changeOf(result('x', steady), result('x', [0.49, 0.5, 0.5, 0.5, 0.51]));
    expect(change).toMatchObject({ verdict: 'slower', before: 0.6, after: 0.5 });
    expect(change!.factor).toBeCloseTo(0.833, 3);
  });

  test('one whose ratio rose is faster', () => {
    expect(changeOf(result('x', steady), result('x', [0.69, 0.7, 0.7, 0.7, 0.71]))).toMatchObject({
      verdict: 'faster',
    });
  });

  test('of a cost, more is slower', () => {
    const cost = { ratio: 'cost' } as const;
    expect(changeOf(result('x', steady, cost), result('x', [0.79, 0.8, 0.8, 0.8, 0.81], cost))).toMatchObject({
      verdict: 'slower',
    });
  });

  test('what lies in the noise of either run is the same', () => {
    const noisy = [0.3, 0.4, 0.5, 0.6, 0.9];
    expect(changeOf(result('x', steady), result('x', noisy))).toMatchObject({ verdict: 'same' });
    expect(changeOf(result('x', noisy), result('x', steady))).toMatchObject({ verdict: 'same' });
  });

  test('less than a twentieth is the same, however quiet both were', () => {
    const quiet = (value: number): number[] => [value, value, value, value, value];
    expect(changeOf(result('x', quiet(1)), result('x', quiet(0.96)))).toMatchObject({ verdict: 'same' });
    expect(changeOf(result('x', quiet(1)), result('x', quiet(0.94)))).toMatchObject({ verdict: 'slower' });
  });

  test('of few samples, a quarter is needed', () => {
    expect(changeOf(result('x', [1, 1]), result('x', [0.8, 0.8]))).toMatchObject({ verdict: 'same' });
    expect(changeOf(result('x', [1, 1]), result('x', [0.7, 0.7]))).toMatchObject({ verdict: 'slower' });
  });

  test('rows that only one run has, or that were compared by something else, are counted', () => {
    expect(changeOf(result('x', steady), result('y', steady))).toBeUndefined();
    expect(changeOf(result('x', steady), result('x', steady, { peer: 'other' }))).toBeUndefined();
    expect(changeOf(result('x', steady), result('x', steady, { basis: 'cpu' }))).toBeUndefined();
    const { incomparable } = compareReports([report([result('x', steady)])], [report([result('y', steady)])]);
    expect(incomparable).toBe(1);
  });

  test('a minor version of Node is compared with another, a major one is not', () => {
    const rows = [result('x', steady)];
    expect(compareReports([report(rows)], [report(rows, { node: 'v20.20.2' })]).changes).toHaveLength(1);
    expect(compareReports([report(rows)], [report(rows, { node: 'v22.0.0' })]).changes).toHaveLength(0);
  });

  test('of several older runs the newest counts', () => {
    const of = (ratio: number, at: string) => report([result('x', [ratio])], { at, node: `v20.${at.slice(8, 10)}.0` });
    const { changes } = compareReports([of(0.9, '2026-01-10'), of(0.5, '2026-01-09')], [of(0.9, '2026-01-11')]);
    expect(changes).toMatchObject([{ before: 0.9, verdict: 'same' }]);
  });

  test('of a short pass and a full one, the full one counts', () => {
    const full = report([result('x', steady)]);
    const short = report([result('x', [0.1, 0.1, 0.1])], { short: true });
    expect(compareReports([full, short], [full]).changes).toMatchObject([{ before: 0.6 }]);
  });

  test('the worst comes first', () => {
    const before = report([result('a', [1, 1]), result('b', [1, 1]), result('c', [1, 1])]);
    const after = report([result('a', [0.7, 0.7]), result('b', [1, 1]), result('c', [0.5, 0.5])]);
    const text = renderChanges(compareReports([before], [after]), 'old.json');
    expect(text).toContain('3 rows, 2 changed beyond noise');
    expect(text).toMatch(/c .*-50 %.*slower\n.*a .*-30 %.*slower/);
    expect(text).not.toContain('echo       b');
  });
});
