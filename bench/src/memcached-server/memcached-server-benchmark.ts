// oxlint-disable no-await-in-loop -- what is measured must run alone
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import { compileNative } from '../load/compile-native.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import { findPinning } from '../pinning.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';
import { memoryPerItem } from './measure-memory.ts';
import { measureSlice, type ServerSlice } from './measure-slice.ts';
import { MemcachedProcess } from './memcached-process.ts';
import { scriptOf, type Workload, WORKLOADS } from './workloads.ts';

const USAGE = `npm run bench -- memcached-server [options]
  --peer <command>    another server in place of memcached -t 1; {port} in it stands for the port
  --only <text>       rows whose name has this in it
  --pairs 9           pairs of slices per row, in alternation
  --processes 3       of each server, that the pairs of a row are spread over
  --seconds 0.3       measured time of one slice
  --warm 0.15         load before each slice is measured, in seconds
  --items 1000000     items of the row about memory; 0 leaves it out
  --node <path>       run our server under this Node binary
`;

/** Memory for items in megabytes: more than there are. */
const MEGABYTES = 2048;

/** The most that an item may take of memory, against memcached. */
const MOST_MEMORY = 2;

/** From this busy share on a server counts as saturated, and its throughput as its own. */
const SATURATED = 0.95;

interface Settings {
  readonly ours: readonly string[];
  readonly peer: readonly string[];
  readonly generator: readonly string[];
  readonly pairs: number;
  readonly processes: number;
  readonly seconds: number;
  readonly warm: number;
}

interface Pair {
  readonly ours: ServerSlice;
  readonly peer: ServerSlice;
}

/** The servers next to memcached, or to another one. */
export const memcachedServerBenchmark: Benchmark = {
  summary: 'the memcached server, against memcached -t 1',
  shortPass: ['--pairs', '2', '--processes', '1', '--seconds', '0.2', '--items', '200000'],
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        peer: { type: 'string' },
        only: { type: 'string', default: '' },
        pairs: { type: 'string', default: '9' },
        processes: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '0.3' },
        warm: { type: 'string', default: '0.15' },
        items: { type: 'string', default: '1000000' },
        node: { type: 'string', default: process.execPath },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    if (values.peer === undefined && spawnSync('memcached', ['-V']).status !== 0) {
      process.stdout.write('not measured: memcached is missing (Debian: apt-get install memcached)\n');
      process.exitCode = 1;
      return;
    }
    const compiled = compileNative('script-load');
    if ('reason' in compiled) {
      process.stdout.write(`not measured: the load generator cannot be compiled (${compiled.reason})\n`);
      process.exitCode = 1;
      return;
    }
    const pinning = findPinning();
    const settings: Settings = {
      ours: [...pinning.server, values.node, join(import.meta.dirname, 'serve-ours.js'), '{port}', `${MEGABYTES}`],
      peer: [...pinning.server, ...peerCommand(values.peer)],
      generator: [...pinning.generator, compiled.program],
      pairs: Number(values.pairs),
      processes: Number(values.processes),
      seconds: Number(values.seconds),
      warm: Number(values.warm),
    };
    const progress = new Progress();
    const rows: string[][] = [];
    for (const workload of WORKLOADS.filter(({ name }) => name.includes(values.only))) {
      const title = `${workload.name} ${workload.connections}x${workload.depth}`;
      progress.begin(title);
      rows.push(rowOf(workload, await measure(workload, settings, (done) => progress.step(`${title}: ${done} pairs`))));
    }
    const items = Number(values.items);
    if (items > 0 && values.only === '') {
      progress.begin('memory');
      rows.push(await memoryRow(settings, items));
    }
    progress.clear();
    const { cpu, cores, system } = describeMachine();
    process.stdout.write(
      `${values.peer ?? version('memcached', '-V')} against ours; ${cpu}, ${cores} cores, ${system}; ${version(values.node, '--version')}; ${pinning.description}\n` +
        `values of 100 bytes, ${settings.pairs} pairs of ${settings.seconds} s in alternation\n\n` +
        `${table(['what', 'bar', '', 'ratio', 'ours', 'peer', 'busy', 'p50 us', 'p99 us'], rows, 1)}\n` +
        'ratio: median of the pairs [least..greatest]; other figures are ours / peer, in thousands of operations (of the row of 50 keys: keys)\n' +
        'a second. A ratio marked * is of operations for each second of CPU time, since one of the two had time left. memcached 1.6.18 makes one\n' +
        'system call for each text get, whatever its pipeline; the binary get is the fair one.\n',
    );
  },
};

function peerCommand(peer: string | undefined): string[] {
  if (peer !== undefined) return peer.split(' ');
  return ['memcached', '-u', 'root', '-t', '1', '-U', '0', '-l', '127.0.0.1', '-p', '{port}', '-m', `${MEGABYTES}`];
}

function version(program: string, option: string): string {
  return spawnSync(program, [option], { encoding: 'utf8' }).stdout.trim();
}

/** Runs both servers in alternation, and in alternating order. */
async function measure(workload: Workload, settings: Settings, onPair: (done: number) => void): Promise<Pair[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
  const script = join(folder, 'script');
  writeFileSync(script, scriptOf(workload.batches));
  const pairs: Pair[] = [];
  const { connections } = workload;
  const { generator, warm, seconds } = settings;
  const slice = (server: MemcachedProcess): Promise<ServerSlice> =>
    measureSlice(server, generator, { connections, warm, seconds, script });
  try {
    const perProcess = Math.ceil(settings.pairs / settings.processes);
    while (pairs.length < settings.pairs) {
      const servers = await start(settings);
      try {
        await slice(servers.peer);
        await slice(servers.ours);
        for (let i = 0; i < perProcess && pairs.length < settings.pairs; i++) {
          const first = i % 2 === 0 ? await slice(servers.peer) : undefined;
          const ours = await slice(servers.ours);
          pairs.push({ ours, peer: first ?? (await slice(servers.peer)) });
          onPair(pairs.length);
        }
      } finally {
        await stop(servers);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return pairs;
}

interface Servers {
  readonly ours: MemcachedProcess;
  readonly peer: MemcachedProcess;
}

async function start(settings: Settings): Promise<Servers> {
  const peer = await MemcachedProcess.start('peer', settings.peer);
  try {
    const ours = await MemcachedProcess.start('ours', settings.ours);
    await peer.fill();
    await ours.fill();
    return { ours, peer };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

async function stop({ ours, peer }: Servers): Promise<void> {
  await Promise.all([ours.stop(), peer.stop()]);
}

function rowOf({ name, connections, depth, floor }: Workload, pairs: readonly Pair[]): string[] {
  const of = (side: keyof Pair, figure: keyof ServerSlice): number => median(pairs.map((pair) => pair[side][figure]));
  const saturated = of('ours', 'busy') >= SATURATED && of('peer', 'busy') >= SATURATED;
  const figure = saturated ? 'perSecond' : 'perCpuSecond';
  const ratios = pairs.map(({ ours, peer }) => ours[figure] / peer[figure]);
  const ratio = median(ratios);
  const both = (which: keyof ServerSlice, digits: number, scale = 1): string =>
    `${(of('ours', which) / scale).toFixed(digits)} / ${(of('peer', which) / scale).toFixed(digits)}`;
  return [
    `${name}, ${connections}x${depth}`,
    floor === undefined ? '' : `>= ${floor}`,
    floor === undefined ? '' : ratio >= floor ? 'met' : 'MISSED',
    `${ratio.toFixed(2)}${saturated ? '' : '*'} [${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]`,
    (of('ours', 'perSecond') / 1000).toFixed(0),
    (of('peer', 'perSecond') / 1000).toFixed(0),
    both('busy', 2),
    both('p50Us', 0),
    both('p99Us', 0),
  ];
}

async function memoryRow(settings: Settings, items: number): Promise<string[]> {
  const servers = await start(settings);
  try {
    const peer = await memoryPerItem(servers.peer, items);
    const ours = await memoryPerItem(servers.ours, items);
    const ratio = ours / peer;
    return [
      `memory of an item, ${items} items`,
      `<= ${MOST_MEMORY}`,
      ratio <= MOST_MEMORY ? 'met' : 'MISSED',
      ratio.toFixed(2),
      `${ours.toFixed(0)} B`,
      `${peer.toFixed(0)} B`,
      '',
      '',
      '',
    ];
  } finally {
    await stop(servers);
  }
}
