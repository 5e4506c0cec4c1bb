// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from '../benchmark.ts';
import { greet } from '../gearman-server/gearman-load.ts';
import { GEARMAND_MISSING, gearmandCommand } from '../gearman-server/gearmand-command.ts';
import { compileNative } from '../load/compile-native.ts';
import { describeMachine } from '../machine.ts';
import { packageVersion } from '../package-version.ts';
import { findPinning } from '../pinning.ts';
import { programVersion } from '../program-version.ts';
import { Progress } from '../progress.ts';
import { Contest } from '../side-by-side/contest.ts';
import { MeasuredProcess } from '../side-by-side/measured-process.ts';
import { measureRounds } from '../side-by-side/measure-rounds.ts';
import { parseRoundsOptions, type RoundsOptions, roundsUsage } from '../side-by-side/rounds-options.ts';
import { table } from '../table.ts';
import { type Contender, OURS } from './contender.ts';
import { Duo, type Field } from './duo.ts';
import { CASES, type JobCase } from './job-case.ts';
import { JOB_HEAD, jobRow } from './job-row.ts';
import { PEERS } from './library-kind.ts';

const USAGE = roundsUsage('gearman-client', '"1 in flight" or "64 at work"');

/** The client and the worker next to those that npm has, and to a generator in C. */
export const gearmanClientBenchmark: Benchmark = {
  summary: 'the Gearman client and worker, against abraxas, gearmanode and node-gearman of npm',
  shortPass: ['--rounds', '1', '--seconds', '0.2', '--warm', '0.1'],
  async run(args) {
    const options = parseRoundsOptions(args, CASES, USAGE, false);
    if (options === undefined) {
      process.stdout.write(USAGE);
      return;
    }
    const gearmand = gearmandCommand();
    const compiled = compileNative('gearman-load');
    if (gearmand === undefined || 'reason' in compiled) {
      const why =
        'reason' in compiled ? `the load generator cannot be compiled (${compiled.reason})` : GEARMAND_MISSING;
      process.stdout.write(`not measured: ${why}\n`);
      process.exitCode = 1;
      return;
    }
    // In life client, worker and server are three, and the scheduler puts those together that talk.
    const pinning = findPinning(options.pinned);
    const server = await MeasuredProcess.start('gearmand', [...pinning.server, ...gearmand], greet);
    const field: Field = {
      server,
      node: [...pinning.generator, options.node],
      generator: [...pinning.generator, compiled.program],
    };
    try {
      const results = await measureAll(field, options);
      process.stdout.write(report(results, options, programVersion(gearmand[0]!), pinning.description));
      if (results.some(([, { failures }]) => failures.some(([{ client, worker }]) => isOurs(client, worker))))
        process.exitCode = 1;
    } finally {
      await server.stop();
    }
  },
};

type CaseResult = readonly [JobCase, Contest<Contender>];

function isOurs(...sides: readonly string[]): boolean {
  return sides.includes(OURS.client);
}

async function measureAll(field: Field, options: RoundsOptions<JobCase>): Promise<CaseResult[]> {
  const progress = new Progress();
  const results: CaseResult[] = [];
  for (const each of options.cases) {
    progress.begin(each.name);
    results.push([each, await measureCase(field, each, options, progress)]);
  }
  progress.clear();
  return results;
}

/** Processes are of the case: those of others neither sleep in it nor wake up. */
async function measureCase(
  field: Field,
  jobCase: JobCase,
  { rounds, warm, seconds }: RoundsOptions<JobCase>,
  progress: Progress,
): Promise<Contest<Contender>> {
  const duos = new Map(jobCase.contenders.map((contender) => [contender, new Duo(field, contender, jobCase)]));
  try {
    return new Contest(
      await measureRounds(jobCase.contenders, {
        server: field.server,
        rounds,
        run: (contender, onMeasuring) => duos.get(contender)!.run({ warm, seconds }, onMeasuring),
        onSlice: ({ name }, round) => progress.step(`${jobCase.name}: round ${round}, ${name}`),
        onFailure: (contender) => duos.get(contender)!.stop(),
      }),
    );
  } finally {
    await Promise.all(Array.from(duos.values(), (duo) => duo.stop()));
  }
}

function report(
  results: readonly CaseResult[],
  { rounds, seconds, node }: RoundsOptions<JobCase>,
  gearmand: string,
  pinned: string,
): string {
  const { cpu, cores, system } = describeMachine();
  const rows = results.map(([each, contest]) => jobRow(each, contest));
  const failures = results.flatMap(([{ name }, contest]) =>
    contest.failures.map(([contender, why]) => `n/a: ${name}, ${contender.name}: ${why}\n`),
  );
  const packages = PEERS.map((name) => `${name} ${packageVersion(name)}`);
  return (
    `clients and workers of ${gearmand}; ${cpu}, ${cores} cores, ${system}; ${programVersion(node)}; ${pinned}\n` +
    `next to ${packages.join(', ')}; payloads of 64 bytes, ${rounds} rounds of ${seconds} s of each in turn\n\n` +
    `${table(JOB_HEAD, rows, 1)}\n` +
    'medians, in thousands of jobs a second. Ratios are taken round by round [least..greatest]. busy: share of the time that gearmand worked, with\n' +
    'ours / with C, of all its threads; * all of one core. C is client and workers in one process, all else are two; its workers do one job at a\n' +
    'time, and are as many as those of the others do at once.\n' +
    failures.join('')
  );
}
