import type { Benchmark } from '../benchmark.ts';
import { type LoadDefaults, loadUsage, parseLoadOptions } from '../load/load-options.ts';
import { publish } from '../load/load-report.ts';
import { measure } from '../load/measure.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';
import { codecTimings, type CodecTimings } from './codec-timings.ts';

const defaults: LoadDefaults = {
  benchmark: 'quasizero',
  cases: '1x1,1x10,1x100,64x1,64x10',
  kinds: ['quasizero'],
};

/** The least ratio to a hand-written server with the same codec. */
const SERVER_FLOOR = 0.95;

/** How many times as fast as each of the libraries encoding is at least, and decoding as fast as the best of them. */
const FLOORS = { encode: 2.5, decode: 0.9 };

/** A command of 100 bytes of payload: `08 02 1a 64` and the payload, behind their length; the answer is without the code. */
const frames = { payloadBytes: 100, requestPrefix: '6808021a64', replyPrefix: '661a64', suffix: '-' };

function renderCodec(results: readonly CodecTimings[]): string {
  const rows = results.map(({ way, message, timings }) => {
    const [ours, ...others] = timings;
    const floor = FLOORS[way];
    const least = Math.min(...others.map(({ ratio }) => ratio));
    return [
      way,
      message,
      `${floor}`,
      least >= floor ? 'met' : 'MISSED',
      ours!.ns.toFixed(0),
      ...others.map(({ ns, ratio }) => `${ns.toFixed(0)} (${ratio.toFixed(2)}x)`),
    ];
  });
  const names = results[0]!.timings.slice(1).map(({ name }) => name);
  return [
    `codec: ns for one request, and how many times as long the others take; Node ${process.version}`,
    '',
    table(['', 'request', 'floor', '', 'ours', ...names], rows, 2),
    '',
  ].join('\n');
}

/** The quasizero codec against protobuf libraries, and the server against one written by hand. */
export const quasizeroBenchmark: Benchmark = {
  summary: 'the quasizero codec against protobuf libraries, and the server against a hand-written one',
  shortPass: ['--pairs', '3', '--processes', '1', '--seconds', '0.2', '--cases', '1x1,1x100,64x10'],
  async run(args) {
    const options = parseLoadOptions(args, defaults);
    if (options === undefined) {
      process.stdout.write(loadUsage(defaults));
      return;
    }
    const progress = new Progress();
    const timings = codecTimings(2 * options.pairs + 1, (title) => progress.begin(title));
    progress.clear();
    process.stdout.write(`${renderCodec(timings)}\n`);
    const matches = options.cases.map(
      (load) => ({ load, kind: 'quasizero', baseKind: 'quasizero-handwritten', floor: SERVER_FLOOR }) as const,
    );
    const what = 'quasizero calls with a payload of 100 bytes';
    await publish(await measure({ benchmark: 'quasizero', what, matches, frames }, options), options);
  },
};
