import type { Benchmark } from '../benchmark.ts';
import { roundsOption } from '../codec/rounds-option.ts';
import { runCodecRows } from '../codec/run-codec-rows.ts';
import { binaryRows } from './binary-rows.ts';
import { textRows } from './text-rows.ts';

/** The memcached codecs against loops that are written by hand for one packet. */
export const memcachedCodecBenchmark: Benchmark = {
  summary: 'the memcached codecs against loops written by hand for one packet',
  shortPass: ['--rounds', '9'],
  async run(args) {
    // A program has one of the codecs, or at first one of them.
    const rows = runCodecRows([binaryRows(), textRows()], roundsOption(args));
    process.stdout.write(
      `ns for one frame, and how many times as long as by hand; key somekey, and of SET value somevalue, opaque 7242, vbucket 824; Node ${process.version}\n\n${rows}\n`,
    );
  },
};
