// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from '../benchmark.ts';
import { greet } from '../gearman-server/gearman-load.ts';
import { GEARMAND_MISSING, gearmandCommand } from '../gearman-server/gearmand-command.ts';
import { type RoundsOptions, roundsOptions, selected } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import type { Progress } from '../progress.ts';
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { Contest } from '../side-by-side/contest.ts';
import { measureRounds } from '../side-by-side/measure-rounds.ts';
import { compileNative } from '../system/compile-native.ts';
import { packageVersion } from '../system/package-version.ts';
import { programVersion } from '../system/program-version.ts';
import { type Contender, NATIVE, NPM, OURS } from './contender.ts';
import { Duo, type Field } from './duo.ts';
import { CASES, type JobCase } from './job-case.ts';
import { PEERS } from './library-kind.ts';

const WHAT = 'a Gearman client and a worker at one gearmand: payloads of 64 bytes';

/** The client and the worker next to those that npm has, and to a generator in C. */
export const gearmanClientBenchmark: Benchmark<RoundsOptions> = {
  name: 'gearman-client',
  summary: 'the Gearman client and worker, against abraxas, gearmanode and node-gearman of npm',
  options: roundsOptions,
  shortPass: { rounds: 1, seconds: 0.15, warm: 0.1, only: '64 in flight' },
  async run(options, progress) {
    const gearmand = gearmandCommand();
    const compiled = compileNative('gearman-load');
    if (gearmand === undefined) return { what: WHAT, setting: [], results: [], missing: [GEARMAND_MISSING] };
    if ('missing' in compiled) return { what: WHAT, setting: [], results: [], missing: [compiled.missing] };
    const server = await MeasuredProcess.start('gearmand', gearmand, greet);
    const field: Field = { server, node: [process.execPath], generator: [compiled.program] };
    const results: Result[] = [];
    const missing: Missing[] = [];
    try {
      for (const each of selected(CASES, options)) {
        progress.begin(each.name);
        const contest = await measureCase(field, each, options, progress);
        const row = { name: each.name, unit: 'jobs/s' };
        const also = contest.others(OURS);
        const againstNpm = contest.result({ ...row, peer: 'the fastest of npm', bar: each.bar, also }, OURS, NPM);
        const againstNative = contest.result({ ...row, peer: 'C', bar: each.nativeBar }, OURS, [NATIVE]);
        for (const result of [againstNpm, againstNative]) if (result !== undefined) results.push(result);
        missing.push(...contest.missing(each.name));
      }
    } finally {
      await server.stop();
    }
    const packages = PEERS.map((name) => `${name} ${packageVersion(name)}`);
    return {
      what: WHAT,
      setting: [
        // In life client, worker and server are three, and the scheduler puts those together that talk.
        `${programVersion(gearmand[0]!)}; not pinned`,
        `next to ${packages.join(', ')} and a generator in C; ${options.rounds} rounds of ${options.seconds} s of each in turn`,
      ],
      results,
      missing,
      notes: [
        'C is client and workers in one process, which spares it some waking up. With many in flight, the one bar or the other is to be met.',
      ],
    };
  },
};

/** Processes are of the case: those of others neither sleep in it nor wake up. */
async function measureCase(
  field: Field,
  jobCase: JobCase,
  { rounds, warm, seconds }: RoundsOptions,
  progress: Progress,
): Promise<Contest<Contender>> {
  const duos = new Map(jobCase.contenders.map((contender) => [contender, new Duo(field, contender, jobCase)]));
  try {
    return new Contest(
      await measureRounds(jobCase.contenders, {
        server: field.server,
        rounds,
        run: (contender, onMeasuring) => duos.get(contender)!.run({ warm, seconds }, onMeasuring),
        onSlice: ({ name }, round) => progress.step(`${jobCase.name}: round ${round} of ${rounds}, ${name}`),
        onFailure: (contender) => duos.get(contender)!.stop(),
      }),
      ({ name }) => name,
    );
  } finally {
    await Promise.all(Array.from(duos.values(), (duo) => duo.stop()));
  }
}
