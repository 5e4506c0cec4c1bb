import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describeMachine, type Machine } from '../system/machine.ts';
import { mergeCurves } from './merge-curves.ts';
import type { Report } from './report.ts';
import type { Result } from './result.ts';

/** Where results are kept. */
export const resultsFolder: string = join(import.meta.dirname, '../../results');

/** What was measured on one machine on one day. */
export interface ResultsFile {
  readonly machine: Machine;
  readonly reports: readonly Report[];
}

/** `results/<machine>-<date>.json` of this machine and day. */
export function todaysFile(): string {
  const { cpu, cores } = describeMachine();
  const machine = `${cpu}-${cores}-cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return join(resultsFolder, `${machine}-${new Date().toISOString().slice(0, 10)}.json`);
}

/** Reads what a run has written. */
export function readResults(file: string): ResultsFile {
  return JSON.parse(readFileSync(file, 'utf8')) as ResultsFile;
}

/**
 * Adds a report to a file, in place of an older one of the same benchmark, Node and kind of pass. Rows and points of curves of the older
 * one that were not measured again stay.
 */
export function addToResults(file: string, report: Report): void {
  const { machine, reports } = existing(file) ?? { machine: describeMachine(), reports: [] };
  const older = reports.find((each) => isSame(each, report));
  const all = [...reports.filter((each) => each !== older), mergeReports(older, report)];
  all.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ machine, reports: all }, rounded, 1)}\n`);
}

/** The rows of a report, by what they are. */
export function resultKey({ name, peer }: Pick<Result, 'name' | 'peer'>): string {
  return `${name} / ${peer}`;
}

/** The newer report, with the rows and points of curves of the older one that it has not. */
export function mergeReports(older: Report | undefined, newer: Report): Report {
  if (older === undefined) return newer;
  const results = new Map([...older.results, ...newer.results].map((result) => [resultKey(result), result]));
  const curves = [...(older.curves ?? []), ...(newer.curves ?? [])];
  return { ...newer, results: [...results.values()], curves: curves.length === 0 ? undefined : mergeCurves(curves) };
}

function existing(file: string): ResultsFile | undefined {
  try {
    return readResults(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isSame(a: Report, b: Report): boolean {
  return a.benchmark === b.benchmark && a.node === b.node && a.short === b.short;
}

function keyOf({ benchmark, node, short }: Report): string {
  return `${benchmark} ${node} ${short}`;
}

/** Five digits are more than any figure is good for. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
