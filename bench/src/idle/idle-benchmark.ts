// oxlint-disable no-await-in-loop -- what is measured must run alone
import { median } from 'simple-statistics';

import type { Benchmark } from '../benchmark.ts';
import { serverCommand } from '../load/server-command.ts';
import type { ServerKind } from '../load/server-kind.ts';
import { numberOption } from '../options.ts';
import type { Result } from '../report/result.ts';
import { bytesPerConnection } from './bytes-per-connection.ts';

export interface IdleOptions {
  readonly connections: number;
  readonly rounds: number;
}

/** What is promised: at most this much resident memory of an idle connection above that of bare `node:net`, in bytes. */
const MOST_ABOVE_BARE = 2048;

const BARE: ServerKind = 'bare';
const OURS: readonly ServerKind[] = ['line-string', 'line-bytes', 'line-view'];

/** What a connection costs that does nothing, against bare `node:net`. */
export const idleBenchmark: Benchmark<IdleOptions> = {
  name: 'idle',
  summary: 'memory of an idle connection, against bare node:net',
  options: [
    numberOption('--connections <n>', 'idle connections', { default: 10_000, least: 100, most: 20_000 }),
    numberOption('--rounds <n>', 'new processes of each server', { default: 3, least: 1, most: 100 }),
  ],
  shortPass: { connections: 2000, rounds: 1 },
  async run({ connections, rounds }, progress) {
    const bytes = new Map<ServerKind, number[]>([BARE, ...OURS].map((kind) => [kind, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const [kind, samples] of bytes) {
        progress.begin(`${kind}, round ${round} of ${rounds}`);
        samples.push(await bytesPerConnection(serverCommand(kind), connections));
      }
    }
    const bare = bytes.get(BARE)!;
    return {
      what: 'resident memory of an idle connection that has sent one line',
      setting: [`${connections} connections, ${rounds} processes of each server`],
      results: OURS.map((kind) => resultOf(kind, bytes.get(kind)!, bare)),
      missing: [],
      notes: [`The bar is ${MOST_ABOVE_BARE} bytes above bare node:net.`],
    };
  },
};

function resultOf(kind: ServerKind, ours: readonly number[], bare: readonly number[]): Result {
  const theirs = median([...bare]);
  return {
    name: kind,
    peer: 'bare node:net',
    unit: 'bytes',
    ratio: 'cost',
    ratios: ours.map((value, round) => value / bare[round]!),
    bar: (theirs + MOST_ABOVE_BARE) / theirs,
    ours: { value: median([...ours]) },
    theirs: { value: theirs },
  };
}
