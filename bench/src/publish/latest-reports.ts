import { majorOf } from '../report/compare.ts';
import type { Report } from '../report/report.ts';
import { mergeReports, type ResultsFile } from '../report/results-file.ts';

/**
 * What is known of each benchmark on each major version of Node, by benchmark, versions in order: the newest of each row of the full
 * reports of one machine, that of the newest of them.
 */
export function latestReports(files: readonly ResultsFile[]): ReadonlyMap<string, readonly Report[]> {
  const full = files.flatMap(({ machine, reports }) =>
    reports.flatMap((report) => (report.short ? [] : [{ cpu: `${machine.cpu}, ${machine.cores}`, report }])),
  );
  full.sort((a, b) => a.report.at.localeCompare(b.report.at));
  const cpu = full.at(-1)?.cpu;
  const latest = new Map<string, Report>();
  for (const { report } of full.filter((each) => each.cpu === cpu)) {
    const key = `${report.benchmark} ${majorOf(report)}`;
    latest.set(key, mergeReports(latest.get(key), report));
  }
  const reports = [...latest.values()];
  reports.sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  const byBenchmark = new Map<string, Report[]>();
  for (const report of reports)
    byBenchmark.set(report.benchmark, [...(byBenchmark.get(report.benchmark) ?? []), report]);
  return byBenchmark;
}
