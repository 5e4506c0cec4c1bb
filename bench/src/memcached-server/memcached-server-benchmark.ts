// oxlint-disable no-await-in-loop -- what is measured must run alone
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import { compileNative } from '../load/compile-native.ts';
import { describeMachine } from '../machine.ts';
import { findPinning } from '../pinning.ts';
import { Progress } from '../progress.ts';
import { MeasuredProcess } from '../side-by-side/measured-process.ts';
import { measurePairs, type Pair, type Sides, withServers } from '../side-by-side/measure-pairs.ts';
import { measureSlice } from '../side-by-side/measure-slice.ts';
import { PAIR_COLUMNS, PAIR_LEGEND, pairCells } from '../side-by-side/pair-cells.ts';
import { table } from '../table.ts';
import { fill } from './exchange.ts';
import { memoryPerItem } from './measure-memory.ts';
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

/** For how long the generator polls before it sleeps, in microseconds. */
const SPIN_US = 50;

interface Settings {
  readonly commands: Sides<readonly string[]>;
  readonly generator: readonly string[];
  readonly pairs: number;
  readonly processes: number;
  readonly seconds: number;
  readonly warm: number;
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
      commands: {
        ours: [...pinning.server, values.node, join(import.meta.dirname, 'serve-ours.js'), '{port}', `${MEGABYTES}`],
        peer: [...pinning.server, ...peerCommand(values.peer)],
      },
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
      const pairs = await measure(workload, settings, (done) => progress.step(`${title}: ${done} pairs`));
      rows.push([`${workload.name}, ${workload.connections}x${workload.depth}`, ...pairCells(pairs, workload.floor)]);
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
        `${table(['what', ...PAIR_COLUMNS], rows, 1)}\n` +
        `${PAIR_LEGEND}, in thousands of operations (of the row of 50 keys: keys)\n` +
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

async function measure(workload: Workload, settings: Settings, onPair: (done: number) => void): Promise<Pair[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
  const script = join(folder, 'script');
  writeFileSync(script, scriptOf(workload.batches));
  const { generator, pairs, processes, warm, seconds } = settings;
  try {
    return await measurePairs({
      pairs,
      processes,
      start: (side) => start(side, settings),
      slice: (server) => {
        const args = [server.port, workload.connections, warm, seconds, SPIN_US].map(String);
        return measureSlice(server, [...generator, ...args, script]);
      },
      onPair,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts a server that holds every key. */
function start(side: keyof Sides<unknown>, { commands }: Settings): Promise<MeasuredProcess> {
  return MeasuredProcess.start(side, commands[side], fill);
}

async function memoryRow(settings: Settings, items: number): Promise<string[]> {
  const [ours, peer] = await withServers(
    (side) => start(side, settings),
    async (servers) => {
      const ofPeer = await memoryPerItem(servers.peer, items);
      return [await memoryPerItem(servers.ours, items), ofPeer] as const;
    },
  );
  const ratio = ours / peer;
  return [
    `memory of an item, ${items} items`,
    `<= ${MOST_MEMORY}`,
    ratio <= MOST_MEMORY ? 'met' : 'MISSED',
    ratio.toFixed(2),
    `${ours.toFixed(0)} B`,
    `${peer.toFixed(0)} B`,
  ];
}
