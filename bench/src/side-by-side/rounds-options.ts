import { parseArgs } from 'node:util';

import { UsageError } from '../usage-error.ts';
import type { SliceTimes } from './slice-process.ts';

/** The command line of a benchmark that measures clients in rounds. */
export interface RoundsOptions<Case> extends SliceTimes {
  /** The rows, at least one. */
  readonly cases: readonly Case[];
  /** Slices of each client per row. */
  readonly rounds: number;
  /** The Node binary that runs the clients. */
  readonly node: string;
  /** Whether the server has a core of its own, and all else another one. */
  readonly pinned: boolean;
}

/** What `--help` prints; what is pinned by default is up to the benchmark. */
export function roundsUsage(benchmark: string, example: string): string {
  return `npm run bench -- ${benchmark} [options]
  --only <text>       rows whose name has this in it, such as ${example}
  --rounds 9          slices of each client per row; in a round, all have one; one round before does not count
  --seconds 0.3       measured time of one slice
  --warm 0.15         load before each slice is measured, in seconds
  --node <path>       run the clients under this Node binary
  --pinned, --no-pinned  whether the server has a core of its own, and all else another one
`;
}

/**
 * Reads the arguments; undefined when help was asked for.
 *
 * @param cases there are
 * @param pinned unless the arguments say otherwise
 * @throws {UsageError} they cannot be understood, or select no case
 */
export function parseRoundsOptions<Case extends { readonly name: string }>(
  args: readonly string[],
  cases: readonly Case[],
  usage: string,
  pinned: boolean,
): RoundsOptions<Case> | undefined {
  const values = parse(args, usage, pinned);
  if (values.help) return undefined;
  return {
    cases: casesOf(values.only, cases),
    rounds: Math.round(numberOption('rounds', values.rounds, 1, 100)),
    seconds: numberOption('seconds', values.seconds, 0.05, 5),
    warm: numberOption('warm', values.warm, 0, 5),
    node: values.node,
    pinned: values.pinned,
  };
}

function parse(args: readonly string[], usage: string, pinned: boolean) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '9' },
        seconds: { type: 'string', default: '0.3' },
        warm: { type: 'string', default: '0.15' },
        node: { type: 'string', default: process.execPath },
        pinned: { type: 'boolean', default: pinned },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function casesOf<Case extends { readonly name: string }>(only: string, all: readonly Case[]): readonly Case[] {
  const cases = all.filter(({ name }) => name.includes(only));
  if (cases.length > 0) return cases;
  throw new UsageError(`--only: no row has "${only}" in its name; there is: ${all.map(({ name }) => name).join('; ')}`);
}

function numberOption(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new UsageError(`--${name}: "${text}" is not a number from ${least} to ${most}`);
  return value;
}
