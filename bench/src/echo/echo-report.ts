import type { Machine } from '../machine.ts';
import { table } from '../table.ts';
import type { Comparison } from './comparison.ts';

/** Something that was asked for and could not be measured. */
export interface Failure {
  readonly what: string;
  readonly reason: string;
}

/** All results of a run; what `--json` writes. */
export interface EchoReport {
  readonly benchmark: 'echo';
  /** ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly serverNode: string;
  readonly pinning: string;
  readonly generator: string;
  /** Bytes of a line with its newline. */
  readonly lineBytes: 64;
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
  'klines/s',
  'p50 us',
  'p99 us',
];

/** The report for a terminal. Figures with a slash are ours / base. */
export function renderEchoReport(report: EchoReport): string {
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
    both(row, (side) => (side.linesPerSecond / 1000).toFixed(0)),
    both(row, (side) => side.p50Us.toFixed(0)),
    both(row, (side) => side.p99Us.toFixed(0)),
  ]);
  return [
    `echo of 64-byte lines; ${machine.cpu}, ${machine.cores} cores, ${machine.system}; servers on Node ${report.serverNode}`,
    `${report.pinning}; ${report.generator}; slices of ${report.seconds} s in alternation`,
    '',
    table(head, rows, 2),
    '',
    'ratio: median of the pairs [least..greatest]; other figures are ours / base. Basis: lines per second when both servers',
    'were at least 95 % busy, else lines per CPU-second of the server. p50, p99: turn-around of a whole batch.',
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
