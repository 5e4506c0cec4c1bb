import { Buffer } from 'node:buffer';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ByteReader, decodeNext, lengthPrefixed } from '@wirewright/core/codec';

import { ArrivingFrames } from './arriving-frames.ts';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';

const MiB = 1024 * 1024;
const CHUNK = 16 * 1024;

/** What is promised: a frame 16 times as large takes at most 24 times as long, and none more than 3 copies of it. */
const MOST_GROWTH = 24;
const MOST_COPIES = 3;

/** Milliseconds that `body` takes; the garbage of the one before is not its fault. */
function time(body: () => void): number {
  collectGarbage();
  const begin = performance.now();
  body();
  return performance.now() - begin;
}

const template = Buffer.allocUnsafeSlow(CHUNK).fill(1);

/** A chunk as a socket brings it: in memory of its own, which the kernel has just written. */
function arrive(): Buffer {
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  template.copy(chunk);
  return chunk;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A frame of `size` bytes arrives in chunks of 16 KiB and is taken. */
function reassemble(size: number): void {
  const codec = lengthPrefixed({ maxFrameLength: size })();
  const reader = new ByteReader();
  reader.maxFrameLength = size;
  const header = Buffer.alloc(4);
  header.writeUInt32BE(size);
  reader.push(header);
  let message = decodeNext(codec, reader);
  for (let at = 0; at < size; at += CHUNK) {
    reader.push(arrive());
    message = decodeNext(codec, reader);
  }
  if (message?.length !== size) throw new Error('the frame did not come out');
}

/** The least that can be done: the same chunks copied into a buffer that was just allocated. */
function copy(size: number): void {
  const whole = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; at += CHUNK) arrive().copy(whole, at);
}

const met = (value: number, most: number): string => (value <= most ? 'met' : 'MISSED');

/** Reassembly of large frames: linear, and within a small factor of a plain copy. */
export const reassemblyBenchmark: Benchmark = {
  summary: 'a 64 MiB frame in 16 KiB chunks, against a 4 MiB one and against a plain copy',
  shortPass: ['--rounds', '5'],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '15' } } });
    const rounds = Number(values.rounds);
    const progress = new Progress();
    const sizes = [4 * MiB, 64 * MiB];
    const frames: number[][] = [[], []];
    const copies: number[][] = [[], []];
    const arrivals: number[][] = [[], []];
    const arriving = await ArrivingFrames.start(64 * MiB);
    for (let round = 0; round < rounds + 2; round++) {
      progress.step(`round ${round} of ${rounds + 2}`);
      for (const i of [0, 1]) {
        const size = sizes[i]!;
        const [framed, copied] = [time(() => reassemble(size)), time(() => copy(size))];
        collectGarbage();
        // oxlint-disable-next-line no-await-in-loop -- what is measured must run alone
        const arrived = await arriving.receive(size);
        // The first rounds compile.
        if (round >= 2) {
          arrivals[i]!.push(arrived);
          frames[i]!.push(framed);
          copies[i]!.push(copied);
        }
      }
    }
    progress.clear();
    await arriving.stop();
    const { cpu, cores, system, node } = describeMachine();
    const ratios = (a: readonly number[], b: readonly number[]): number => median(a.map((value, i) => value / b[i]!));
    process.stdout.write(`reassembly; ${cpu}, ${cores} cores, ${system}; Node ${node}\n\n`);
    const rows = [0, 1].map((i) => {
      const times = ratios(frames[i]!, copies[i]!);
      const [ms, base] = [median(frames[i]!), median(copies[i]!)];
      return [
        `${sizes[i]! / MiB} MiB frame / copy`,
        `<= ${MOST_COPIES}`,
        met(times, MOST_COPIES),
        times.toFixed(2),
        ms.toFixed(2),
        base.toFixed(2),
      ];
    });
    const growths: [string, number[][], number | undefined][] = [
      ['64 MiB / 4 MiB frame over TCP', arrivals, MOST_GROWTH],
      ['64 MiB / 4 MiB frame', frames, undefined],
      ['64 MiB / 4 MiB copy', copies, undefined],
    ];
    for (const [what, [small, large], most] of growths) {
      const growth = ratios(large!, small!);
      const limit = most === undefined ? ['', ''] : [`<= ${most}`, met(growth, most)];
      rows.push([what, ...limit, growth.toFixed(1), median(large!).toFixed(2), median(small!).toFixed(2)]);
    }
    process.stdout.write(`${table(['compared', 'limit', '', 'ratio', 'ms', 'base ms'], rows, 1)}\n`);
  },
};
