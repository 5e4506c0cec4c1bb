import { interquartileRange, median } from 'simple-statistics';

import type { Report } from './report.ts';
import type { Result } from './result.ts';
import { resultKey } from './results-file.ts';

/** A row that was measured before and now. */
export interface Change {
  readonly benchmark: string;
  readonly result: Result;
  /** Median ratios to the peer. */
  readonly before: number;
  readonly after: number;
  /** How many times as good as before: below 1 it became worse. */
  readonly factor: number;
  readonly verdict: 'slower' | 'faster' | 'same';
}

/** Two runs of the same code differ by about so much, whatever the pairs of one of them say; by more, where there are few of them. */
const LEAST_CHANGE = 0.05;
const LEAST_CHANGE_OF_FEW = 0.25;
const FEW = 5;

/** What two runs have in common. */
export interface Comparison {
  readonly changes: readonly Change[];
  /** Rows of the newer one that the older one has not, or that it had to compare by something else. */
  readonly incomparable: number;
}

/**
 * What changed between two runs. Ratios to the peer are compared, not figures: the peer is the yardstick that moves with the machine.
 * A row has changed when the intervals around both medians (those of the notches of a box plot, McGill, Tukey and Larsen 1978) do not
 * overlap, and the medians are at least 5 % apart, or 25 % when one of the runs has fewer than 5 samples. Only rows that both have, with
 * Node of the same major version, are compared.
 */
export function compareReports(before: readonly Report[], after: readonly Report[]): Comparison {
  let incomparable = 0;
  const changes = after.flatMap((report) => {
    const same = before.filter((each) => each.benchmark === report.benchmark && majorOf(each) === majorOf(report));
    // The newest counts, but a full pass before a short one.
    same.sort((a, b) => Number(b.short) - Number(a.short) || a.at.localeCompare(b.at));
    const older = new Map(same.flatMap(({ results }) => results.map((result) => [resultKey(result), result])));
    return report.results.flatMap((result) => {
      const other = older.get(resultKey(result));
      if (other !== undefined && other.basis === result.basis) return [changeOf(report.benchmark, other, result)];
      incomparable++;
      return [];
    });
  });
  return { changes, incomparable };
}

function changeOf(benchmark: string, older: Result, result: Result): Change {
  const [before, after] = [notch(older.ratios), notch(result.ratios)];
  const factor = result.ratio === 'speed' ? after.median / before.median : before.median / after.median;
  const few = Math.min(older.ratios.length, result.ratios.length) < FEW;
  const least = few ? LEAST_CHANGE_OF_FEW : LEAST_CHANGE;
  const apart = before.low > after.high || after.low > before.high;
  const verdict = !apart || Math.abs(factor - 1) < least ? 'same' : factor < 1 ? 'slower' : 'faster';
  return { benchmark, result, before: before.median, after: after.median, factor, verdict };
}

/** The median and, at about 95 %, between what it lies. */
function notch(samples: readonly number[]): { readonly median: number; readonly low: number; readonly high: number } {
  const values = [...samples];
  const middle = median(values);
  const half = (1.57 * interquartileRange(values)) / Math.sqrt(values.length);
  return { median: middle, low: middle - half, high: middle + half };
}

/** As in `v20`. */
export function majorOf({ node }: Pick<Report, 'node'>): string {
  return node.split('.', 1)[0]!;
}
