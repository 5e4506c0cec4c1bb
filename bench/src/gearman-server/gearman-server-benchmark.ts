// oxlint-disable no-await-in-loop -- what is measured must run alone
import { join } from 'node:path';

import { Option } from 'commander';
import { median } from 'simple-statistics';

import type { Benchmark } from '../benchmark.ts';
import { numberOption, type PairOptions, pairOptions, selected } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import { messageOf } from '../report/message-of.ts';
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { measurePairs, type Sides, withServers } from '../side-by-side/measure-pairs.ts';
import { pairResult } from '../side-by-side/pair-result.ts';
import { compileNative } from '../system/compile-native.ts';
import { findPinning } from '../system/pinning.ts';
import { programVersion } from '../system/program-version.ts';
import { GearmanLoad, greet } from './gearman-load.ts';
import { GEARMAND_MISSING, gearmandCommand } from './gearmand-command.ts';
import { type JobMemory, measureMemory } from './measure-memory.ts';
import { WORKLOADS } from './workloads.ts';

export interface GearmanServerOptions extends PairOptions {
  readonly peer?: string;
  readonly jobs: number;
  readonly durableJobs: number;
  readonly queued: number;
}

/** The most that a queued job may take of memory, against gearmand. */
const MOST_MEMORY = 1;

const WHAT = 'the Gearman job server: payloads of 64 bytes';

/** More arguments for jobs on disk. */
const DURABLE: Sides<readonly string[]> = {
  ours: ['{folder}/store'],
  peer: ['--queue-type=libsqlite3', '--libsqlite3-db={folder}/queue.db'],
};

/** The job server next to gearmand, or to another one. */
export const gearmanServerBenchmark: Benchmark<GearmanServerOptions> = {
  name: 'gearman-server',
  summary: 'the Gearman job server, against gearmand --threads 0',
  options: [
    new Option(
      '--peer <command>',
      'another server in place of gearmand, {port} stands for its port; without what is durable',
    ),
    ...pairOptions,
    numberOption('--jobs <n>', 'background jobs of a slice', { default: 40_000, least: 100, most: 1e7 }),
    numberOption('--durable-jobs <n>', 'jobs on disk of a slice of gearmand; ours is given 32 times as many', {
      default: 1000,
      least: 10,
      most: 1e6,
    }),
    numberOption('--queued <n>', 'jobs of the rows about memory; 0 leaves them out', {
      default: 200_000,
      least: 0,
      most: 1e7,
    }),
  ],
  shortPass: {
    pairs: 2,
    processes: 1,
    seconds: 0.15,
    warm: 0.1,
    jobs: 10_000,
    only: 'd, 64',
    durableJobs: 100,
    queued: 0,
  },
  async run(options, progress) {
    const theirs = options.peer?.split(' ') ?? gearmandCommand(['--threads=0']);
    const compiled = compileNative('gearman-load');
    if (theirs === undefined) return { what: WHAT, setting: [], results: [], missing: [GEARMAND_MISSING] };
    if ('missing' in compiled) return { what: WHAT, setting: [], results: [], missing: [compiled.missing] };
    const pinning = findPinning();
    const peer = options.peer ?? programVersion(theirs[0]!);
    const commands: Sides<readonly string[]> = {
      ours: [...pinning.server, process.execPath, join(import.meta.dirname, 'serve-ours.js'), '{port}'],
      peer: [...pinning.server, ...theirs],
    };
    const load = new GearmanLoad([...pinning.generator, compiled.program], options);
    const results: Result[] = [];
    const missing: Missing[] = [];
    for (const { compared, ...workload } of selected(WORKLOADS, options)) {
      const { name, bar, durable = false } = workload;
      if (durable && options.peer !== undefined) continue;
      progress.begin(name);
      const more = durable ? DURABLE : { ours: [], peer: [] };
      try {
        const pairs = await measurePairs({
          ...options,
          start: (side) => MeasuredProcess.start(side, [...commands[side], ...more[side]], greet),
          slice: (server, warm) => load.slice(server, workload, warm),
          onPair: (done) => progress.step(`${name}: ${done} of ${options.pairs} pairs`),
        });
        results.push(pairResult({ name, peer, unit: 'jobs/s', bar }, pairs, compared));
      } catch (error) {
        missing.push({ what: name, why: messageOf(error), failed: true });
      }
    }
    if (options.queued > 0 && 'memory'.includes(options.only)) {
      progress.begin('memory of jobs');
      try {
        results.push(...memoryResults(await memories(commands, load, options), options.queued, peer));
      } catch (error) {
        missing.push({ what: 'memory of jobs', why: messageOf(error), failed: true });
      }
    }
    return {
      what: WHAT,
      setting: [
        pinning.description,
        `${options.pairs} pairs of ${options.seconds} s, or ${options.jobs} jobs, in alternation`,
      ],
      results,
      missing,
      notes: [
        'Background jobs are done between the slices, by both. Durable is gearmand with its sqlite3 queue, and ours with its embedded store.',
      ],
    };
  },
};

/** Of fresh processes each time: memory that was once had is not new to a process. */
async function memories(
  commands: Sides<readonly string[]>,
  load: GearmanLoad,
  { processes, queued }: GearmanServerOptions,
): Promise<Sides<JobMemory>[]> {
  const measured: Sides<JobMemory>[] = [];
  for (let i = 0; i < processes; i++) {
    measured.push(
      await withServers(
        (side) => MeasuredProcess.start(side, commands[side], greet),
        async ({ ours, peer }) => {
          const ofPeer = await measureMemory(peer, load, queued);
          return { ours: await measureMemory(ours, load, queued), peer: ofPeer };
        },
      ),
    );
  }
  return measured;
}

function memoryResults(measured: readonly Sides<JobMemory>[], jobs: number, peer: string): Result[] {
  const result = (name: string, figure: keyof JobMemory, bar?: number): Result => ({
    name: `memory of a job, ${jobs} ${name}`,
    peer,
    unit: 'bytes',
    ratio: 'cost',
    ratios: measured.map((sides) => sides.ours[figure] / sides.peer[figure]),
    bar,
    ours: { value: median(measured.map(({ ours }) => ours[figure])) },
    theirs: { value: median(measured.map((sides) => sides.peer[figure])) },
  });
  return [result('queued', 'queued', MOST_MEMORY), result('done', 'left')];
}
