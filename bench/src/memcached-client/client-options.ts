import { parseArgs } from 'node:util';

import { UsageError } from '../usage-error.ts';
import { CASES, type ClientCase } from './client-case.ts';
import type { SliceTimes } from '../side-by-side/slice-process.ts';

/** The command line of the benchmark. */
export interface ClientOptions extends SliceTimes {
  /** The rows, at least one. */
  readonly cases: readonly ClientCase[];
  /** Slices of each client per row. */
  readonly rounds: number;
  /** The Node binary that runs the clients. */
  readonly node: string;
}

/** What `--help` prints. */
export const CLIENT_USAGE = `npm run bench -- memcached-client [options]
  --only <text>       rows whose name has this in it, such as "set" or "64 in flight"
  --rounds 9          slices of each client per row; in a round, all have one; one round before does not count
  --seconds 0.3       measured time of one slice
  --warm 0.15         load before each slice is measured, in seconds
  --node <path>       run the clients under this Node binary
`;

/** Reads the arguments; undefined when help was asked for. Throws UsageError. */
export function parseClientOptions(args: readonly string[]): ClientOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    cases: casesOf(values.only),
    rounds: Math.round(numberOption('rounds', values.rounds, 1, 100)),
    seconds: numberOption('seconds', values.seconds, 0.05, 5),
    warm: numberOption('warm', values.warm, 0, 5),
    node: values.node,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '9' },
        seconds: { type: 'string', default: '0.3' },
        warm: { type: 'string', default: '0.15' },
        node: { type: 'string', default: process.execPath },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${CLIENT_USAGE}`);
  }
}

function casesOf(only: string): readonly ClientCase[] {
  const cases = CASES.filter(({ name }) => name.includes(only));
  if (cases.length > 0) return cases;
  throw new UsageError(
    `--only: no row has "${only}" in its name; there is: ${CASES.map(({ name }) => name).join('; ')}`,
  );
}

function numberOption(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new UsageError(`--${name}: "${text}" is not a number from ${least} to ${most}`);
  return value;
}
