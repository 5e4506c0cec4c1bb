// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from './benchmark.ts';
import type { CommonOptions } from './options.ts';
import { runOn } from './process/run-on.ts';
import { Progress } from './progress.ts';
import { compareReports } from './report/compare.ts';
import { messageOf } from './report/message-of.ts';
import { renderChanges } from './report/render-changes.ts';
import { renderReport } from './report/render-report.ts';
import type { Findings, Report } from './report/report.ts';
import { addToResults, readResults, todaysFile } from './report/results-file.ts';
import { findNode } from './system/find-node.ts';
import { describeMachine } from './system/machine.ts';

/** How much is measured. */
export type Pass = 'short' | 'full';

/** Runs benchmarks one after the other, prints what each has found, and keeps it. */
export async function runBenchmarks(
  benchmarks: readonly Benchmark[],
  options: CommonOptions,
  pass: Pass,
): Promise<void> {
  if (options.node !== undefined) return runOnNodes(options.node);
  // Read first: it may be the file that is written.
  const before = options.compare === undefined ? undefined : readResults(options.compare).reports;
  const { cpu, cores, system } = describeMachine();
  process.stdout.write(`${cpu}, ${cores} cores, ${system}\n`);
  const file = options.json ?? todaysFile();
  const progress = new Progress();
  const reports: Report[] = [];
  let nothing = true;
  for (const [index, benchmark] of benchmarks.entries()) {
    progress.enter(benchmark.name, index + 1, benchmarks.length);
    const report = await runOne(benchmark, options, pass, progress);
    nothing &&= report.results.length === 0 && report.missing.length === 0;
    progress.clear();
    process.stdout.write(`\n${renderReport(report)}`);
    addToResults(file, report);
    reports.push(report);
  }
  process.stdout.write(`\nkept in ${file}\n`);
  if (reports.some(({ missing }) => missing.some(({ failed }) => failed === true))) process.exitCode = 1;
  if (nothing) {
    process.stderr.write('no row has that in its name\n');
    process.exitCode = 1;
  }
  if (before === undefined) return;
  const comparison = compareReports(before, reports);
  process.stdout.write(`\n${renderChanges(comparison, options.compare!)}`);
  if (comparison.changes.some(({ verdict }) => verdict === 'slower')) process.exitCode = 1;
}

async function runOne<Options extends object>(
  benchmark: Benchmark<Options>,
  options: CommonOptions,
  pass: Pass,
  progress: Progress,
): Promise<Report> {
  const defaults = Object.fromEntries(benchmark.options.map((option) => [option.attributeName(), option.defaultValue]));
  const all = { ...defaults, ...(pass === 'short' ? benchmark.shortPass : {}), ...options } as Options;
  const findings = await findingsOf(benchmark, all, progress);
  return {
    ...findings,
    benchmark: benchmark.name,
    at: new Date().toISOString(),
    node: process.version,
    short: pass === 'short',
  };
}

/** What a benchmark has found. One that fails as a whole does not keep the others from running. */
async function findingsOf<Options extends object>(
  benchmark: Benchmark<Options>,
  options: Options,
  progress: Progress,
): Promise<Findings> {
  try {
    return await benchmark.run(options, progress);
  } catch (error) {
    const missing = [{ what: benchmark.name, why: messageOf(error), failed: true }];
    return { what: benchmark.summary, setting: [], results: [], missing };
  }
}

/** This command again, on each version of Node. */
async function runOnNodes(versions: string): Promise<void> {
  const rest = process.argv
    .slice(1)
    .filter((word, index, words) => !/^--node(=|$)/.test(word) && words[index - 1] !== '--node');
  for (const version of versions.split(',')) {
    const status = await runOn([findNode(version), ...process.execArgv, ...rest]);
    if (status !== 0) process.exitCode = status;
  }
}
