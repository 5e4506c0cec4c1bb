import type { Report } from '../../bench/src/report/report.ts';
import type { Result } from '../../bench/src/report/result.ts';

/** A row whose pairs gave these ratios. */
export function result(name: string, ratios: readonly number[], more: Partial<Result> = {}): Result {
  const figures = { value: 1000 };
  return { name, peer: 'bare', unit: 'lines/s', ratio: 'speed', ratios, ours: figures, theirs: figures, ...more };
}

/** A full run on Node 20 with these rows. */
export function report(results: readonly Result[], more: Partial<Report> = {}): Report {
  return {
    benchmark: 'echo',
    what: 'echo of lines',
    at: '2026-01-02T03:04:05.000Z',
    node: 'v20.19.0',
    short: false,
    setting: ['9 pairs'],
    results,
    missing: [],
    ...more,
  };
}
