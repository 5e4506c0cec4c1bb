import type { Benchmark } from '../benchmark.ts';
import type { LoadCase } from '../load/load-case.ts';
import { type LoadDefaults, type LoadOptions, loadUsage, parseLoadOptions } from '../load/load-options.ts';
import { publish } from '../load/load-report.ts';
import type { Match } from '../load/match.ts';
import { measure } from '../load/measure.ts';
import type { ServerKind } from '../load/server-kind.ts';

const defaults: LoadDefaults = {
  benchmark: 'echo',
  cases: '64x32,64x1,1x1',
  kinds: ['handwritten', 'line-string', 'line-bytes', 'line-view', 'guarded'],
};

/** The least ratio that is acceptable against the bare server, by case and kind. */
const floors: Readonly<Record<string, Partial<Readonly<Record<ServerKind, number>>>>> = {
  '64x32': { 'line-string': 0.6, 'line-bytes': 0.6, 'line-view': 0.7 },
  '64x1': { 'line-string': 0.95, 'line-bytes': 0.95, 'line-view': 0.95 },
  '1x1': { 'line-string': 0.85, 'line-bytes': 0.85, 'line-view': 0.85 },
};

function matchOf(load: LoadCase, kind: ServerKind): Match {
  if (kind === 'guarded') return { load, kind, baseKind: 'unguarded', floor: 0.97 };
  return { load, kind, baseKind: 'bare', floor: floors[load.name]?.[kind] };
}

/**
 * Every kind against bare in every case; where batching matters most, ours against the hand-written server; and what the deadlines
 * cost, with and without them.
 */
function matchesOf({ cases, kinds }: LoadOptions): readonly Match[] {
  return cases.flatMap((load): Match[] => {
    const matches = kinds.filter((kind) => kind !== 'unguarded').map((kind) => matchOf(load, kind));
    const direct = load.name === '64x32' && kinds.includes('line-string') && kinds.includes('handwritten');
    return direct ? [...matches, { load, kind: 'line-string', baseKind: 'handwritten', floor: 10 }] : matches;
  });
}

/** Lines echoed by Wirewright, against a bare `node:net` echo and against the usual hand-written server. */
export const echoBenchmark: Benchmark = {
  summary: 'lines echoed over TCP, against bare node:net and a hand-written server',
  shortPass: ['--pairs', '3', '--processes', '1', '--seconds', '0.2'],
  async run(args) {
    const options = parseLoadOptions(args, defaults);
    if (options === undefined) {
      process.stdout.write(loadUsage(defaults));
      return;
    }
    const frames = { payloadBytes: 63, requestPrefix: '-', replyPrefix: '-', suffix: '0a' };
    const matches = matchesOf(options);
    await publish(
      await measure({ benchmark: 'echo', what: 'echo of 64-byte lines', matches, frames }, options),
      options,
    );
  },
};
