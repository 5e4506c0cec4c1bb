// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from '../benchmark.ts';
import { fill } from '../memcached-server/exchange.ts';
import { MEMCACHED_MISSING, memcachedCommand } from '../memcached-server/memcached-command.ts';
import { type RoundsOptions, roundsOptions, selected } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { packageVersion } from '../system/package-version.ts';
import { findPinning } from '../system/pinning.ts';
import { programVersion } from '../system/program-version.ts';
import { CASES, type ClientCase } from './client-case.ts';
import { OURS, PEERS } from './client-kind.ts';
import { type Field, measureCase } from './measure-case.ts';

const WHAT = 'clients of memcached: 1000 keys with values of 100 bytes, 8 of 900 KB';

/** With room for the large values of all clients at once. */
const ROOM = ['-I', '2m', '-m', '256'];

/** The client next to those that npm has. */
export const memcachedClientBenchmark: Benchmark<RoundsOptions> = {
  name: 'memcached-client',
  summary: 'the memcached client, against memjs, memcached, memcache and memcache-client of npm',
  options: roundsOptions,
  shortPass: { rounds: 1, seconds: 0.05, warm: 0.05, only: 'et, ' },
  async run(options, progress) {
    const command = memcachedCommand(ROOM);
    if (command === undefined) return { what: WHAT, setting: [], results: [], missing: [MEMCACHED_MISSING] };
    const pinning = findPinning();
    const server = await MeasuredProcess.start('memcached', [...pinning.server, ...command], fill);
    const field: Field = { server, node: [...pinning.generator, process.execPath], processes: new Map() };
    const results: Result[] = [];
    const missing: Missing[] = [];
    try {
      for (const each of selected(CASES, options)) {
        progress.begin(each.name);
        const contest = await measureCase(field, each, options, (kind, round) =>
          progress.step(`${each.name}: round ${round} of ${options.rounds}, ${kind}`),
        );
        missing.push(...contest.missing(each.name));
        for (const kind of OURS) {
          const { unit, ofOne } = unitOf(each);
          const row = { name: `${each.name}, ${kind}`, peer: 'the fastest of npm', unit };
          // The bar is for the default protocol.
          const more = kind === OURS[0] ? { bar: each.bar, also: contest.others(kind, ofOne) } : {};
          const result = contest.result({ ...row, ...more }, kind, PEERS, ofOne);
          if (result !== undefined) results.push(result);
        }
      }
    } finally {
      await Promise.all(Array.from(field.processes.values(), (client) => client.stop()));
      await server.stop();
    }
    const packages = PEERS.map((name) => `${name} ${packageVersion(name)}`);
    return {
      what: WHAT,
      setting: [
        `${programVersion('memcached', '-V')} -t 1; ${pinning.description}`,
        `next to ${packages.join(', ')}; ${options.rounds} rounds of ${options.seconds} s of each client in turn`,
      ],
      results,
      missing,
      notes: ['busy is that of memcached: near 1.00, a client could have done more with a faster one.'],
    };
  },
};

function unitOf({ inBytes, size }: ClientCase): { readonly unit: string; readonly ofOne: number } {
  return inBytes ? { unit: 'MB/s', ofOne: size / 1e6 } : { unit: 'calls/s', ofOne: 1 };
}
