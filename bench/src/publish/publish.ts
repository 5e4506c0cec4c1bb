import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { curvePlot } from '../plot/curve-plot.ts';
import { ratioPlot } from '../plot/ratio-plot.ts';
import { throughputPlot } from '../plot/throughput-plot.ts';
import type { Report } from '../report/report.ts';
import { readResults, resultsFolder } from '../report/results-file.ts';
import { latestReports } from './latest-reports.ts';
import { barsTable, benchmarkTable } from './tables.ts';

const readme = join(import.meta.dirname, '../../README.md');
const plotsFolder = join(import.meta.dirname, '../../plots');

/** Writes the tables of the newest results into README.md, between marks that it has for them, and the plots that it shows. */
export function publish(): void {
  const files = readdirSync(resultsFolder).filter((name) => name.endsWith('.json'));
  const latest = latestReports(files.map((name) => readResults(join(resultsFolder, name))));
  mkdirSync(plotsFolder, { recursive: true });
  const sections = new Map(Array.from(latest, ([benchmark, reports]) => [benchmark, section(benchmark, reports)]));
  sections.set('bars', barsTable([...latest.values()].flat()));
  let text = readFileSync(readme, 'utf8');
  for (const [name, content] of sections) text = withSection(text, name, content);
  writeFileSync(readme, text);
  process.stdout.write(`${readme}: ${[...sections.keys()].join(', ')}\n`);
}

/** The plots of a benchmark, and its table. */
function section(benchmark: string, reports: readonly Report[]): string {
  const first = reports[0]!;
  const { what, curves = [] } = first;
  const plots = curves.map((curve, i) => ({
    name: `${benchmark}-${i + 1}`,
    title: curve.title,
    svg: curvePlot(curve),
  }));
  if (benchmark === 'echo') {
    const svg = throughputPlot(first, '64x32', ['bare node:net', 'hand-written', 'Go']);
    plots.push({ name: 'echo-throughput', title: `${what}, 64x32`, svg });
  }
  plots.push({ name: benchmark, title: what, svg: ratioPlot(reports) });
  for (const { name, svg } of plots) writeFileSync(join(plotsFolder, `${name}.svg`), svg);
  const images = plots.map(({ name, title }) => `![${title}](plots/${name}.svg)`);
  return `${images.join('\n\n')}\n\n${benchmarkTable(reports)}`;
}

/** @throws when README.md has no such marks */
function withSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from)
    throw new Error(`bench/README.md has no ${begin} ... ${end} for the results of ${name}`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}
