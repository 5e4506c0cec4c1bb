import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import { interleave, type Timing } from '../interleave.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { binaryRows } from './binary-rows.ts';
import { sink } from './codec-work.ts';
import { textRows } from './text-rows.ts';

/** How often each is run before anything is timed, and in how many turns: a program does not get messages of one kind alone. */
const WARM_TIMES = 20_000;
const WARM_TURNS = 5;

function render(title: string, most: number | undefined, timings: readonly Timing[]): string[] {
  const [ours, byHand, ...others] = timings;
  const ratio = 1 / byHand!.ratio;
  return [
    title,
    most === undefined ? '' : `${most}`,
    most === undefined ? '' : ratio <= most ? 'met' : 'MISSED',
    `${ours!.ns.toFixed(0)} (${ratio.toFixed(2)}x)`,
    byHand!.ns.toFixed(0),
    others.map(({ name, ns }) => `${name}: ${ns.toFixed(0)}`).join(', '),
  ];
}

/** The memcached codecs against loops that are written by hand for one packet. */
export const memcachedCodecBenchmark: Benchmark = {
  summary: 'the memcached codecs against loops written by hand for one packet',
  shortPass: ['--rounds', '9'],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '31' } } });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a number of at least 1');
    const progress = new Progress();
    const lines: string[][] = [];
    // A program has one of the codecs, or at first one of them.
    for (const rows of [binaryRows(), textRows()]) {
      progress.begin('warming up');
      for (let turn = 0; turn < WARM_TURNS; turn++) {
        for (const { works } of rows) for (const work of works.values()) work(WARM_TIMES);
      }
      for (const { title, most, works } of rows) {
        progress.begin(title);
        lines.push(render(title, most, interleave(works, rounds)));
      }
    }
    progress.clear();
    if (!Number.isFinite(sink.sum)) throw new Error('something was read that is not there');
    process.stdout.write(
      `ns for one frame, and how many times as long as by hand; key somekey, and of SET value somevalue, opaque 7242, vbucket 824; Node ${process.version}\n\n`,
    );
    process.stdout.write(`${table(['', 'at most', '', 'ours', 'by hand', 'also'], lines, 3)}\n`);
  },
};
