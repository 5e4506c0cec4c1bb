import { majorOf } from '../report/compare.ts';
import { numberText, ratioText } from '../report/number-text.ts';
import { ratioCell } from '../report/render-report.ts';
import type { Report } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { resultKey } from '../report/results-file.ts';
import { spreadOf } from '../report/spread.ts';
import { barText, isMet } from '../report/verdict.ts';
import { markdownTable } from './markdown-table.ts';

/** All rows of one benchmark, with a column for each version of Node and the figures of the first of them. */
export function benchmarkTable(reports: readonly Report[]): string {
  const [first] = reports;
  const head = ['what', 'against', 'bar', ...reports.map(({ node }) => `Node ${node}`), 'ours', 'theirs', ''];
  const rows = rowsOf(reports).map(([result, cells]) => {
    const { name, peer, ours, theirs, unit } = result;
    return [name, peer, barText(result)].concat(cells, numberText(ours.value), numberText(theirs.value), unit);
  });
  const when = `${first!.at.slice(0, 10)}; ${first!.setting.join('; ')}.`;
  return `${markdownTable(head, rows)}\n\n${when} Figures are those of Node ${first!.node}.`;
}

/** Every row that has a bar, of all benchmarks. */
export function barsTable(reports: readonly Report[]): string {
  const majors = [...new Set(reports.map(majorOf))];
  const benchmarks = [...new Set(reports.map(({ benchmark }) => benchmark))];
  const rows = benchmarks.flatMap((benchmark) => {
    const own = reports.filter((report) => report.benchmark === benchmark);
    const columns = majors.map((major) => own.findIndex((report) => majorOf(report) === major));
    return rowsOf(own)
      .filter(([{ bar }]) => bar !== undefined)
      .map(([result, cells]) =>
        [benchmark, result.name, result.peer, barText(result)].concat(columns.map((index) => cells[index] ?? '')),
      );
  });
  return markdownTable(
    ['benchmark', 'what', 'against', 'bar', ...majors.map((major) => `Node ${major.slice(1)}`)],
    rows,
  );
}

/** Rows in the order of the first report that has them, with a cell for each report. */
function rowsOf(reports: readonly Report[]): [Result, string[]][] {
  const byReport = reports.map(({ results }) => new Map(results.map((result) => [resultKey(result), result])));
  const all = new Map(reports.flatMap(({ results }) => results.map((result) => [resultKey(result), result])));
  const keys = new Set(byReport.flatMap((results) => [...results.keys()]));
  return Array.from(keys, (key) => [
    byReport[0]!.get(key) ?? all.get(key)!,
    byReport.map((results) => (results.has(key) ? cellOf(results.get(key)!) : '')),
  ]);
}

/** The ratio, whether it misses the bar, and between what its pairs lie. */
function cellOf(result: Result): string {
  const { low, high } = spreadOf(result.ratios);
  const range = result.ratios.length === 1 ? '' : ` (${ratioText(low)} to ${ratioText(high)})`;
  return `${ratioCell(result).replace('*', '\\*')}${range}${isMet(result) === false ? ' **missed**' : ''}`;
}
