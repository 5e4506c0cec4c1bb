import { writeFile } from 'node:fs/promises';

import type { Machine } from '../machine.ts';
import { table } from '../table.ts';
import type { Comparison } from './comparison.ts';

/** Something that was asked for and could not be measured. */
export interface Failure {
  readonly what: string;
  readonly reason: string;
}

/** All results of a run; what `--json` writes. */
export interface LoadReport {
  readonly benchmark: string;
  /** What is measured, for the first line. */
  readonly what: string;
  /** ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly serverNode: string;
  readonly pinning: string;
  readonly generator: string;
  readonly seconds: number;
  readonly rows: readonly Comparison[];
  readonly failures: readonly Failure[];
}

const head = [
  'case',
  'compared',
  'floor',
  '',
  'ratio',
  'range',
  'pairs',
  'basis',
  'busy %',
  'kreplies/s',
  'p50 us',
  'p99 us',
];

/** Prints a report, and writes it to the file that was asked for. */
export async function publish(report: LoadReport, { json }: { readonly json: string | undefined }): Promise<void> {
  process.stdout.write(renderLoadReport(report));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
  // A missed floor is a result; a row that could not be measured is not.
  if (report.failures.length > 0) process.exitCode = 1;
}

/** The report for a terminal. Figures with a slash are ours / base. */
function renderLoadReport(report: LoadReport): string {
  const { machine } = report;
  const rows = report.rows.map((row) => [
    row.case,
    `${row.kind} / ${row.baseKind}`,
    row.floor === undefined ? '' : `${row.floor}`,
    row.met === undefined ? '' : row.met ? 'met' : 'MISSED',
    ratio(row.ratio),
    `[${ratio(row.low)}..${ratio(row.high)}]`,
    `${row.pairsUsed} of ${row.pairsRun}${row.steady ? '' : ' !'}`,
    row.basis === 'cpu' ? 'CPU-second' : row.basis,
    both(row, (side) => (side.busy * 100).toFixed(0)),
    both(row, (side) => (side.repliesPerSecond / 1000).toFixed(0)),
    both(row, (side) => side.p50Us.toFixed(0)),
    both(row, (side) => side.p99Us.toFixed(0)),
  ]);
  return [
    `${report.what}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}; servers on Node ${report.serverNode}`,
    `${report.pinning}; ${report.generator}; slices of ${report.seconds} s in alternation`,
    '',
    table(head, rows, 2),
    '',
    'ratio: median of the pairs [least..greatest]; other figures are ours / base. Basis: replies per second when both servers',
    'were at least 95 % busy, else replies per CPU-second of the server. p50, p99: turn-around of a whole batch.',
    ...(report.rows.every((row) => row.steady)
      ? []
      : ['!: fewer good pairs than asked for, the machine was not quiet.']),
    ...report.failures.map(({ what, reason }) => `not measured: ${what}: ${reason}`),
    '',
  ].join('\n');
}

function both(row: Comparison, figure: (side: Comparison['ours']) => string): string {
  return `${figure(row.ours)} / ${figure(row.base)}`;
}

function ratio(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
