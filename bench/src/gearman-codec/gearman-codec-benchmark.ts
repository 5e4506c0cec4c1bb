import type { Benchmark } from '../benchmark.ts';
import { roundsOption } from '../codec/rounds-option.ts';
import { runCodecRows } from '../codec/run-codec-rows.ts';
import { gearmanRows } from './gearman-rows.ts';

/** The Gearman codec against loops that are written by hand for one packet. */
export const gearmanCodecBenchmark: Benchmark = {
  summary: 'the Gearman codec against loops written by hand for one packet',
  shortPass: ['--rounds', '9'],
  async run(args) {
    const rows = runCodecRows([gearmanRows()], roundsOption(args));
    process.stdout.write(
      `ns for one packet, and how many times as long as by hand; reads of 1 MiB, every field read; Node ${process.version}\n\n${rows}\n`,
    );
  },
};
