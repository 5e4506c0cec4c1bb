// oxlint-disable no-await-in-loop -- what is measured must run alone
import { spawnSync } from 'node:child_process';

import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { fill } from '../memcached-server/exchange.ts';
import { packageVersion } from '../package-version.ts';
import { findPinning } from '../pinning.ts';
import { programVersion } from '../program-version.ts';
import { Progress } from '../progress.ts';
import type { Contest } from '../side-by-side/contest.ts';
import { MeasuredProcess } from '../side-by-side/measured-process.ts';
import { parseRoundsOptions, type RoundsOptions, roundsUsage } from '../side-by-side/rounds-options.ts';
import { table } from '../table.ts';
import { CASES, type ClientCase } from './client-case.ts';
import { type ClientKind, OURS, PEERS } from './client-kind.ts';
import { CLIENT_HEAD, clientRow } from './client-row.ts';
import { type Field, measureCase } from './measure-case.ts';

/** With room for the large values of all clients at once. */
const MEMCACHED = 'memcached -u root -t 1 -U 0 -l 127.0.0.1 -p {port} -I 2m -m 256'.split(' ');

const USAGE = roundsUsage('memcached-client', '"set" or "64 in flight"');

/** The client next to those that npm has. */
export const memcachedClientBenchmark: Benchmark = {
  summary: 'the memcached client, against memjs, memcached, memcache and memcache-client of npm',
  shortPass: ['--rounds', '1', '--seconds', '0.05', '--warm', '0.05'],
  async run(args) {
    const options = parseRoundsOptions(args, CASES, USAGE, true);
    if (options === undefined) {
      process.stdout.write(USAGE);
      return;
    }
    if (spawnSync('memcached', ['-V']).status !== 0) {
      process.stdout.write('not measured: memcached is missing (Debian: apt-get install memcached)\n');
      process.exitCode = 1;
      return;
    }
    const pinning = findPinning(options.pinned);
    const server = await MeasuredProcess.start('memcached', [...pinning.server, ...MEMCACHED], fill);
    const field: Field = { server, node: [...pinning.generator, options.node], processes: new Map() };
    try {
      const results = await measureAll(field, options);
      process.stdout.write(report(results, options, pinning.description));
      if (results.some(([, { failures }]) => failures.some(([kind]) => isOurs(kind)))) process.exitCode = 1;
    } finally {
      await Promise.all(Array.from(field.processes.values(), (client) => client.stop()));
      await server.stop();
    }
  },
};

type CaseResult = readonly [ClientCase, Contest<ClientKind>];

function isOurs(kind: ClientKind): boolean {
  return (OURS as readonly ClientKind[]).includes(kind);
}

async function measureAll(field: Field, options: RoundsOptions<ClientCase>): Promise<CaseResult[]> {
  const progress = new Progress();
  const results: CaseResult[] = [];
  for (const each of options.cases) {
    progress.begin(each.name);
    const contest = await measureCase(field, each, options, (kind, round) =>
      progress.step(`${each.name}: round ${round}, ${kind}`),
    );
    results.push([each, contest]);
  }
  progress.clear();
  return results;
}

function report(
  results: readonly CaseResult[],
  { rounds, seconds, node }: RoundsOptions<ClientCase>,
  pinned: string,
): string {
  const { cpu, cores, system } = describeMachine();
  const rows = results.map(([each, contest]) => clientRow(each, contest));
  const failures = results.flatMap(([{ name }, contest]) =>
    contest.failures.map(([kind, why]) => `n/a: ${name}, ${kind}: ${why}\n`),
  );
  const packages = PEERS.map((name) => `${name} ${packageVersion(name)}`);
  return (
    `clients of ${programVersion('memcached', '-V')} -t 1; ${cpu}, ${cores} cores, ${system}; ${programVersion(node)}; ${pinned}\n` +
    `next to ${packages.join(', ')}; 1000 keys with values of 100 bytes, ${rounds} rounds of ${seconds} s of each client in turn\n\n` +
    `${table(CLIENT_HEAD, rows, 1)}\n` +
    'medians, in thousands of operations a second where nothing else is said. Ratios are to the fastest client of npm in the row, taken\n' +
    'round by round [least..greatest]; the bar is for meta, which is the default. * memcached had no time left, with a faster one the\n' +
    'client could have done more.\n' +
    failures.join('')
  );
}
