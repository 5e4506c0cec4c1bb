import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';
import { type EchoCase, parseCase } from './echo-case.ts';
import { isServerKind, type ServerKind, serverKinds } from './server-kind.ts';

/** The command line of the echo benchmark. */
export interface EchoOptions {
  readonly cases: readonly EchoCase[];
  /** Compared with the bare server, in this order. */
  readonly kinds: readonly ServerKind[];
  /** Good pairs wanted per row. */
  readonly pairs: number;
  /** Pairs run at most per row, good or not. */
  readonly maxPairs: number;
  /** Measured time of one slice, in seconds. */
  readonly seconds: number;
  /** Load before the measured time of every slice, in seconds. */
  readonly warmSeconds: number;
  /** The Node binary that runs the servers. */
  readonly node: string;
  /** File for the results, if any. */
  readonly json: string | undefined;
}

const compared = serverKinds.filter((kind) => kind !== 'bare' && kind !== 'unguarded');

/** What `--help` prints. */
export const echoUsage: string = `npm run bench -- echo [options]
  --cases 64x32,64x1,1x1   connections x lines in flight
  --kinds ${compared.join(',')}
  --pairs 7                good pairs per row (up to about twice as many are run)
  --seconds 0.3            measured time of one slice
  --warm 0.1               load before each slice is measured, in seconds
  --node <path>            run the servers under this Node binary
  --json <file>            write the results there, too
`;

const definitions = {
  cases: { type: 'string', default: '64x32,64x1,1x1' },
  kinds: { type: 'string', default: compared.join(',') },
  pairs: { type: 'string', default: '7' },
  seconds: { type: 'string', default: '0.3' },
  warm: { type: 'string', default: '0.1' },
  node: { type: 'string', default: process.execPath },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the arguments; undefined when help was asked for. Throws UsageError. */
export function parseEchoOptions(args: readonly string[]): EchoOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const pairs = numberOption('pairs', values.pairs, 1, 100);
  return {
    cases: values.cases.split(',').map(parseCase),
    kinds: values.kinds.split(',').map(parseKind),
    pairs: Math.round(pairs),
    maxPairs: 2 * Math.round(pairs) + 1,
    seconds: numberOption('seconds', values.seconds, 0.05, 5),
    warmSeconds: numberOption('warm', values.warm, 0, 5),
    node: values.node,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${echoUsage}`);
  }
}

function parseKind(name: string): ServerKind {
  if (!isServerKind(name))
    throw new UsageError(`--kinds: no server kind "${name}"; there is: ${serverKinds.join(', ')}`);
  return name;
}

function numberOption(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new UsageError(`--${name}: "${text}" is not a number from ${least} to ${most}`);
  }
  return value;
}
