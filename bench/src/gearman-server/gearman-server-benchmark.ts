// oxlint-disable no-await-in-loop -- what is measured must run alone
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import { compileNative } from '../load/compile-native.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import { findPinning } from '../pinning.ts';
import { programVersion } from '../program-version.ts';
import { Progress } from '../progress.ts';
import { MeasuredProcess } from '../side-by-side/measured-process.ts';
import { measurePairs, type Pair, type Sides, withServers } from '../side-by-side/measure-pairs.ts';
import { PAIR_COLUMNS, PAIR_LEGEND, pairCells, ratioCell } from '../side-by-side/pair-cells.ts';
import { table } from '../table.ts';
import { GearmanLoad, greet } from './gearman-load.ts';
import { GEARMAND_MISSING, gearmandCommand } from './gearmand-command.ts';
import { type JobMemory, measureMemory } from './measure-memory.ts';
import { type Workload, WORKLOADS } from './workloads.ts';

const USAGE = `npm run bench -- gearman-server [options]
  --peer <command>    another server in place of gearmand --threads 0; {port} in it stands for the port. Leaves out what is durable
  --only <text>       rows whose name has this in it
  --pairs 9           pairs of slices per row, in alternation
  --processes 3       of each server, that the pairs of a row are spread over
  --seconds 0.3       measured time of one slice
  --warm 0.15         load before each slice is measured, in seconds
  --jobs 40000        background jobs of one slice
  --durable-jobs 1000 jobs on disk of one slice of gearmand; ours is given 32 times as many
  --queued 200000     jobs of the row about memory; 0 leaves it out
  --node <path>       run our server under this Node binary
`;

/** The most that a queued job may take of memory, against gearmand. */
const MOST_MEMORY = 1;

interface Settings {
  readonly commands: Sides<readonly string[]>;
  /** More arguments for jobs on disk. */
  readonly durable: Sides<readonly string[]>;
  readonly load: GearmanLoad;
  readonly pairs: number;
  readonly processes: number;
}

/** The job server next to gearmand, or to another one. */
export const gearmanServerBenchmark: Benchmark = {
  summary: 'the Gearman job server, against gearmand --threads 0',
  shortPass: '--pairs 2 --processes 1 --seconds 0.2 --jobs 15000 --durable-jobs 200 --queued 50000'.split(' '),
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
        jobs: { type: 'string', default: '40000' },
        'durable-jobs': { type: 'string', default: '1000' },
        queued: { type: 'string', default: '200000' },
        node: { type: 'string', default: process.execPath },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    const peer = values.peer?.split(' ') ?? gearmandCommand(['--threads=0']);
    if (peer === undefined) {
      process.stdout.write(`not measured: ${GEARMAND_MISSING}\n`);
      process.exitCode = 1;
      return;
    }
    const compiled = compileNative('gearman-load');
    if ('reason' in compiled) {
      process.stdout.write(`not measured: the load generator cannot be compiled (${compiled.reason})\n`);
      process.exitCode = 1;
      return;
    }
    const pinning = findPinning();
    const settings: Settings = {
      commands: {
        ours: [...pinning.server, values.node, join(import.meta.dirname, 'serve-ours.js'), '{port}'],
        peer: [...pinning.server, ...peer],
      },
      durable: {
        ours: ['{folder}/store'],
        peer: ['--queue-type=libsqlite3', '--libsqlite3-db={folder}/queue.db'],
      },
      load: new GearmanLoad([...pinning.generator, compiled.program], {
        seconds: Number(values.seconds),
        warm: Number(values.warm),
        jobs: Number(values.jobs),
        durableJobs: Number(values['durable-jobs']),
      }),
      pairs: Number(values.pairs),
      processes: Number(values.processes),
    };
    const progress = new Progress();
    const rows: string[][] = [];
    const wanted = WORKLOADS.filter(
      ({ name, durable = false }) => name.includes(values.only) && !(durable && values.peer !== undefined),
    );
    for (const workload of wanted) {
      progress.begin(workload.name);
      const pairs = await measure(workload, settings, (done) => progress.step(`${workload.name}: ${done} pairs`));
      rows.push([
        workload.name,
        ...pairCells(pairs, workload.floor, workload.compared),
        ratioCell(pairs, 'perCpuSecond').cell,
      ]);
    }
    const queued = Number(values.queued);
    if (queued > 0 && 'memory'.includes(values.only)) {
      progress.begin('memory');
      rows.push(...memoryRows(await memories(settings, queued), queued));
    }
    progress.clear();
    const { cpu, cores, system } = describeMachine();
    process.stdout.write(
      `${values.peer ?? programVersion(peer[0]!)} against ours; ${cpu}, ${cores} cores, ${system}; ${programVersion(values.node)}; ${pinning.description}\n` +
        `payloads of 64 bytes, ${settings.pairs} pairs of ${values.seconds} s, or of ${values.jobs} background jobs, in alternation\n\n` +
        `${table(['what', ...PAIR_COLUMNS, 'per CPU second'], rows, 1)}\n` +
        `${PAIR_LEGEND}, in thousands of jobs or echoes a second. A ratio marked * is for\n` +
        'each second of CPU time, since one of the two had time left. Background jobs are done between the slices, by both. Durable is gearmand with\n' +
        'its sqlite3 queue, and ours with its embedded store.\n',
    );
  },
};

function measure(workload: Workload, settings: Settings, onPair: (done: number) => void): Promise<Pair[]> {
  const { commands, durable, load, pairs, processes } = settings;
  return measurePairs({
    pairs,
    processes,
    start: (side) =>
      MeasuredProcess.start(side, [...commands[side], ...(workload.durable === true ? durable[side] : [])], greet),
    slice: (server) => load.slice(server, workload),
    onPair,
  });
}

/** Of fresh processes each time: memory that was once had is not new to a process. */
async function memories({ commands, load, processes }: Settings, jobs: number): Promise<Sides<JobMemory>[]> {
  const measured: Sides<JobMemory>[] = [];
  for (let i = 0; i < processes; i++) {
    const start = (side: keyof Sides<unknown>): Promise<MeasuredProcess> =>
      MeasuredProcess.start(side, commands[side], greet);
    measured.push(
      await withServers(start, async ({ ours, peer }) => {
        const ofPeer = await measureMemory(peer, load, jobs);
        return { ours: await measureMemory(ours, load, jobs), peer: ofPeer };
      }),
    );
  }
  return measured;
}

function memoryRows(measured: readonly Sides<JobMemory>[], jobs: number): string[][] {
  const row = (what: string, figure: keyof JobMemory, most: number | undefined): string[] => {
    const of = (side: keyof Sides<unknown>): number => median(measured.map((sides) => sides[side][figure]));
    const ratio = median(measured.map(({ ours, peer }) => ours[figure] / peer[figure]));
    return [
      `memory of a job, ${jobs} ${what}`,
      most === undefined ? '' : `<= ${most}`,
      most === undefined ? '' : ratio <= most ? 'met' : 'MISSED',
      ratio.toFixed(2),
      `${of('ours').toFixed(0)} B`,
      `${of('peer').toFixed(0)} B`,
    ];
  };
  return [row('queued', 'queued', MOST_MEMORY), row('done', 'left', undefined)];
}
