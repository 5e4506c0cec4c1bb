// oxlint-disable no-await-in-loop -- what is measured must run alone
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import { greet } from '../gearman-server/gearman-load.ts';
import { compileNative } from '../load/compile-native.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import { Progress } from '../progress.ts';
import { MeasuredProcess } from '../side-by-side/measured-process.ts';
import { measureSlice } from '../side-by-side/measure-slice.ts';
import { SliceProcess } from '../side-by-side/slice-process.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { CONTENDERS, type ContenderName, PEERS } from './contenders.ts';
import type { JobOrder } from './run-contender.ts';

const USAGE = `npm run bench -- gearman-client [options]
  --rounds 7          slices of each package per row; in a round, all have one; one round before does not count
  --seconds 0.5       measured time of one slice
  --warm 0.3          load before each slice is measured, in seconds
`;

const GEARMAND = '/usr/sbin/gearmand';

/** For how long the generator polls before it sleeps, in microseconds. */
const SPIN_US = 50;

/** What one row of the table measures. */
interface JobCase {
  readonly name: string;
  /** Jobs in flight. */
  readonly window: number;
  /** Jobs that the one worker may have at once; gearmanode and node-gearman have none for that. */
  readonly concurrency: number;
  /** How many times as fast as the fastest package of npm ours has to be, at least. */
  readonly floor: number;
}

const CASES: readonly JobCase[] = [
  { name: 'one at a time', window: 1, concurrency: 1, floor: 5 },
  { name: '64 in flight, worker does one at a time', window: 64, concurrency: 1, floor: 4 },
  { name: '64 in flight, worker does 64 at once', window: 64, concurrency: 64, floor: 4 },
];

type Slices = Map<ContenderName | 'C', number[]>;

/** Client and worker next to those that npm has, all at one gearmand. */
export const gearmanClientBenchmark: Benchmark = {
  summary: 'the Gearman client and worker, against abraxas, gearmanode and node-gearman of npm, and a generator in C',
  shortPass: ['--rounds', '1', '--seconds', '0.05', '--warm', '0.05'],
  async run(args) {
    const options = optionsOf(args);
    if (options === undefined) {
      process.stdout.write(USAGE);
      return;
    }
    if (spawnSync(GEARMAND, ['--version']).status !== 0) {
      process.stdout.write('not measured: gearmand is missing (Debian: apt-get install gearman-job-server)\n');
      process.exitCode = 1;
      return;
    }
    const compiled = compileNative('gearman-load');
    if ('reason' in compiled) {
      process.stdout.write(`not measured: the load generator cannot be compiled (${compiled.reason})\n`);
      process.exitCode = 1;
      return;
    }
    const command = [GEARMAND, '-L', '127.0.0.1', '-p', '{port}', '-l', '{folder}/log'];
    const server = await MeasuredProcess.start('gearmand', command, greet);
    const progress = new Progress();
    try {
      const rows: string[][] = [];
      for (const each of CASES) {
        progress.begin(each.name);
        rows.push(
          rowOf(
            each,
            await measure(server, compiled.program, each, options, (what) => progress.step(`${each.name}: ${what}`)),
          ),
        );
      }
      progress.clear();
      process.stdout.write(report(rows, options));
    } finally {
      await server.stop();
    }
  },
};

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly warm: number;
}

/** A slice of each in every round, each round from another one on. Workers and clients have a process each. */
async function measure(
  server: MeasuredProcess,
  load: string,
  { window, concurrency }: JobCase,
  { rounds, seconds, warm }: Options,
  onSlice: (what: string) => void,
): Promise<Slices> {
  const able = concurrency === 1 ? CONTENDERS : CONTENDERS.filter((name) => name === 'ours' || name === 'abraxas');
  const field = ['C', ...able] as const;
  const slices: Slices = new Map(field.map((name) => [name, []]));
  const node = [process.execPath, '--no-deprecation', join(import.meta.dirname, 'run-contender.js')];
  const start = (role: string, name: string): SliceProcess<JobOrder> =>
    new SliceProcess([...node, role, name, `${server.port}`, `${concurrency}`]);
  const processes = new Map(
    able.map((name) => [name, { worker: start('worker', name), client: start('client', name) }]),
  );
  try {
    for (let round = 0; round <= rounds; round++) {
      for (let turn = 0; turn < field.length; turn++) {
        const name = field[(round + turn) % field.length]!;
        if (!slices.has(name)) continue;
        onSlice(`round ${round}, ${name}`);
        try {
          const perSecond =
            name === 'C'
              ? await cSlice(server, load, window, concurrency, { warm, seconds })
              : await processes.get(name)!.client.run({ window, warm, seconds }, () => {});
          if (round > 0) slices.get(name)!.push(perSecond);
        } catch (error) {
          // It is left out of the rest of the row.
          process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
          slices.delete(name);
        }
      }
    }
  } finally {
    for (const { worker, client } of processes.values()) await Promise.all([worker.stop(), client.stop()]);
  }
  return slices;
}

/** What a client and workers in C get out of the same server: each of them does one job at a time. */
async function cSlice(
  server: MeasuredProcess,
  load: string,
  window: number,
  workers: number,
  { warm, seconds }: Pick<Options, 'warm' | 'seconds'>,
): Promise<number> {
  const numbers = [1, window, workers, warm, seconds, SPIN_US].map(String);
  const slice = await measureSlice(server, [load, `${server.port}`, 'foreground', ...numbers]);
  return slice.perSecond;
}

function rowOf({ name, floor }: JobCase, slices: Slices): string[] {
  const peers = PEERS.filter((peer) => slices.has(peer));
  const speed = (of: ContenderName | 'C'): number => median(slices.get(of) ?? []);
  const [best] = peers.map((peer) => [peer, speed(peer)] as const).reduce((a, b) => (b[1] > a[1] ? b : a));
  const toPeer = ratios(slices, 'ours', best);
  const toC = ratios(slices, 'ours', 'C');
  return [
    name,
    `>= ${floor}`,
    median(toPeer) >= floor ? 'met' : 'MISSED',
    shown(toPeer),
    shown(toC),
    ...(['C', ...CONTENDERS] as const).map((of) => (slices.has(of) ? speed(of).toFixed(0) : '')),
  ];
}

function ratios(slices: Slices, one: ContenderName, other: ContenderName | 'C'): number[] {
  return slices.get(one)!.map((perSecond, round) => perSecond / slices.get(other)![round]!);
}

function shown(values: readonly number[]): string {
  return `${median(values).toFixed(2)} [${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)}]`;
}

function report(rows: readonly string[][], { rounds, seconds }: Options): string {
  const { cpu, cores, system } = describeMachine();
  const packages = PEERS.map((name) => `${name} ${packageVersion(name)}`).join(', ');
  const gearmand = spawnSync(GEARMAND, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return (
    `${gearmand}; ${cpu}, ${cores} cores, ${system}; Node ${process.version}\n` +
    `next to ${packages}; 64 bytes there and back, ${rounds} rounds of ${seconds} s of each in turn; client and worker of a package are a\n` +
    'process each, with the options that they are published with\n\n' +
    `${table(['what', 'bar', '', 'ours / best npm', 'ours / C', 'C', ...CONTENDERS], rows, 1)}\n` +
    'medians, jobs a second; ratios round by round [least..greatest]. Workers in C do one job at a time, and are as many as the worker does at once.\n'
  );
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '7' },
        seconds: { type: 'string', default: '0.5' },
        warm: { type: 'string', default: '0.3' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return undefined;
    const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), warm: Number(values.warm) };
    if (Object.values(options).every((value) => value >= 0) && options.rounds >= 1 && options.seconds > 0)
      return options;
    throw new Error('rounds, seconds and warm are numbers');
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
