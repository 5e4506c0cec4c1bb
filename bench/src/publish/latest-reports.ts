import { majorOf } from '../report/compare.ts';
import type { Report } from '../report/report.ts';
import type { ResultsFile } from '../report/results-file.ts';

/** The newest full report of each benchmark on each major version of Node, by benchmark, versions in order. */
export function latestReports(files: readonly ResultsFile[]): ReadonlyMap<string, readonly Report[]> {
  const newest = new Map<string, Report>();
  for (const report of files.flatMap(({ reports }) => reports)) {
    const key = `${majorOf(report)} ${report.benchmark}`;
    if (!report.short && report.at > (newest.get(key)?.at ?? '')) newest.set(key, report);
  }
  const reports = [...newest.values()];
  reports.sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  const byBenchmark = new Map<string, Report[]>();
  for (const report of reports)
    byBenchmark.set(report.benchmark, [...(byBenchmark.get(report.benchmark) ?? []), report]);
  return byBenchmark;
}
