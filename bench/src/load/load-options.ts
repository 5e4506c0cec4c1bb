import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';
import { type LoadCase, parseCase } from './load-case.ts';
import { isServerKind, type ServerKind, serverKinds } from './server-kind.ts';

/** The command line of a benchmark that puts servers under load. */
export interface LoadOptions {
  readonly cases: readonly LoadCase[];
  /** The servers that are compared with others, in this order. */
  readonly kinds: readonly ServerKind[];
  /** Good pairs wanted per row. */
  readonly pairs: number;
  /** Pairs run at most per row, good or not. */
  readonly maxPairs: number;
  /** Processes of each server that the pairs of a row are spread over. */
  readonly processes: number;
  /** Measured time of one slice, in seconds. */
  readonly seconds: number;
  /** Load before the measured time of every slice, in seconds. */
  readonly warmSeconds: number;
  /** The Node binary that runs the servers. */
  readonly node: string;
  /** File for the results, if any. */
  readonly json: string | undefined;
}

/** What is measured unless the command line says otherwise. */
export interface LoadDefaults {
  readonly benchmark: string;
  readonly cases: string;
  readonly kinds: readonly ServerKind[];
}

/** What `--help` prints. */
export function loadUsage({ benchmark, cases, kinds }: LoadDefaults): string {
  return `npm run bench -- ${benchmark} [options]
  --cases ${cases}
                           connections x requests in flight
  --kinds ${kinds.join(',')}
  --pairs 9                good pairs per row (up to about twice as many are run)
  --processes 3            of each server, that the pairs of a row are spread over
  --seconds 0.3            measured time of one slice
  --warm 0.1               load before each slice is measured, in seconds
  --node <path>            run the servers under this Node binary
  --json <file>            write the results there, too
`;
}

const definitions = {
  cases: { type: 'string' },
  kinds: { type: 'string' },
  pairs: { type: 'string', default: '9' },
  processes: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '0.3' },
  warm: { type: 'string', default: '0.1' },
  node: { type: 'string', default: process.execPath },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the arguments; undefined when help was asked for. Throws UsageError. */
export function parseLoadOptions(args: readonly string[], defaults: LoadDefaults): LoadOptions | undefined {
  const values = parse(args, defaults);
  if (values.help) return undefined;
  const pairs = numberOption('pairs', values.pairs, 1, 100);
  return {
    cases: (values.cases ?? defaults.cases).split(',').map(parseCase),
    kinds: values.kinds?.split(',').map(parseKind) ?? defaults.kinds,
    pairs: Math.round(pairs),
    processes: Math.round(numberOption('processes', values.processes, 1, 100)),
    maxPairs: 2 * Math.round(pairs) + 1,
    seconds: numberOption('seconds', values.seconds, 0.05, 5),
    warmSeconds: numberOption('warm', values.warm, 0, 5),
    node: values.node,
    json: values.json,
  };
}

function parse(args: readonly string[], defaults: LoadDefaults) {
  try {
    return parseArgs({ args: [...args], options: definitions }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${loadUsage(defaults)}`);
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
