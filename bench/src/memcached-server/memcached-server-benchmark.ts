// oxlint-disable no-await-in-loop -- what is measured must run alone
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Option } from 'commander';

import type { Benchmark } from '../benchmark.ts';
import { numberOption, type PairOptions, pairOptions, selected } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import { undoAtExit } from '../process/undo-at-exit.ts';
import { messageOf } from '../report/message-of.ts';
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { measurePairs, type Pair, type PairSettings, type Sides, withServers } from '../side-by-side/measure-pairs.ts';
import { measureSlice } from '../side-by-side/measure-slice.ts';
import { pairResult } from '../side-by-side/pair-result.ts';
import { compileNative } from '../system/compile-native.ts';
import { findPinning } from '../system/pinning.ts';
import { programVersion } from '../system/program-version.ts';
import { fill } from './exchange.ts';
import { memoryPerItem } from './measure-memory.ts';
import { MEMCACHED_MISSING, memcachedCommand } from './memcached-command.ts';
import { scriptOf, type Workload, WORKLOADS } from './workloads.ts';

export interface MemcachedServerOptions extends PairOptions {
  readonly peer?: string;
  readonly items: number;
}

/** Memory for items in megabytes: more than there are. */
const MEGABYTES = 2048;

/** The most that an item may take of memory, against memcached. */
const MOST_MEMORY = 2;

/** For how long the generator polls before it sleeps, in microseconds. */
const SPIN_US = 50;

const WHAT = 'the memcached server, 1000 keys, values of 100 bytes';

/** The servers next to memcached, or to another one. */
export const memcachedServerBenchmark: Benchmark<MemcachedServerOptions> = {
  name: 'memcached-server',
  summary: 'the memcached server, against memcached -t 1',
  options: [
    new Option('--peer <command>', 'another server in place of memcached; {port} in it stands for the port'),
    ...pairOptions,
    numberOption('--items <n>', 'items of the row about memory; 0 leaves it out', {
      default: 1e6,
      least: 0,
      most: 1e8,
    }),
  ],
  shortPass: { pairs: 2, processes: 1, seconds: 0.15, warm: 0.1, only: ', 50x64', items: 0 },
  async run(options, progress) {
    const theirs = options.peer?.split(' ') ?? memcachedCommand(['-m', `${MEGABYTES}`]);
    const compiled = compileNative('script-load');
    if (theirs === undefined) return { what: WHAT, setting: [], results: [], missing: [MEMCACHED_MISSING] };
    if ('missing' in compiled) return { what: WHAT, setting: [], results: [], missing: [compiled.missing] };
    const peer = options.peer ?? programVersion('memcached', '-V');
    const pinning = findPinning();
    const ours = [process.execPath, join(import.meta.dirname, 'serve-ours.js'), '{port}', `${MEGABYTES}`];
    const commands: Sides<readonly string[]> = {
      ours: [...pinning.server, ...ours],
      peer: [...pinning.server, ...theirs],
    };
    const start: PairSettings['start'] = (side) => MeasuredProcess.start(side, commands[side], fill);
    const generator = [...pinning.generator, compiled.program];
    const results: Result[] = [];
    const missing: Missing[] = [];
    for (const workload of selected(WORKLOADS, options)) {
      const { name, bar, unit } = workload;
      progress.begin(name);
      const onPair = (done: number): void => progress.step(`${name}: ${done} of ${options.pairs} pairs`);
      try {
        const pairs = await measure(workload, { ...options, start, onPair }, generator);
        results.push(pairResult({ name, peer, unit, bar }, pairs));
      } catch (error) {
        missing.push({ what: name, why: messageOf(error), failed: true });
      }
    }
    if (options.items > 0 && options.only === '') {
      progress.begin('memory of items');
      try {
        results.push(await memoryOf(start, options.items, peer));
      } catch (error) {
        missing.push({ what: 'memory of items', why: messageOf(error), failed: true });
      }
    }
    return {
      what: WHAT,
      setting: [pinning.description, `${options.pairs} pairs of ${options.seconds} s in alternation`],
      results,
      missing,
      notes: [
        'memcached 1.6.18 makes one system call for each text get, whatever its pipeline; the binary get is the fair one.',
      ],
    };
  },
};

type MeasureSettings = Omit<PairSettings, 'slice'> & Pick<PairOptions, 'seconds'>;

async function measure(workload: Workload, settings: MeasureSettings, generator: readonly string[]): Promise<Pair[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
  const remove = undoAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, 'script');
  writeFileSync(script, scriptOf(workload.batches));
  try {
    return await measurePairs({
      ...settings,
      slice: (server, warm) => {
        const args = [server.port, workload.connections, warm, settings.seconds, SPIN_US].map(String);
        return measureSlice(server, [...generator, ...args, script]);
      },
    });
  } finally {
    remove();
  }
}

async function memoryOf(start: PairSettings['start'], items: number, peer: string): Promise<Result> {
  const [ours, theirs] = await withServers(start, async (servers) => {
    const ofPeer = await memoryPerItem(servers.peer, items);
    return [await memoryPerItem(servers.ours, items), ofPeer] as const;
  });
  return {
    name: `memory of an item, of ${items}`,
    peer,
    unit: 'bytes',
    ratio: 'cost',
    ratios: [ours / theirs],
    bar: MOST_MEMORY,
    ours: { value: ours },
    theirs: { value: theirs },
  };
}
