// oxlint-disable no-await-in-loop -- what is measured must run alone
import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ByteReader, decodeNext, lengthPrefixed } from '@wirewright/core/codec';
import { median } from 'simple-statistics';

import type { Benchmark } from '../benchmark.ts';
import { numberOption } from '../options.ts';
import type { Result } from '../report/result.ts';
import { ArrivingFrames } from './arriving-frames.ts';

export interface ReassemblyOptions {
  readonly rounds: number;
}

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

const SMALL = 4 * MiB;
const LARGE = 64 * MiB;

/** What is timed, each for both sizes: milliseconds by round. */
class Times {
  readonly small: number[] = [];
  readonly large: number[] = [];

  of(size: number): number[] {
    return size === SMALL ? this.small : this.large;
  }
}

/** Reassembly of large frames: linear, and within a small factor of a plain copy. */
export const reassemblyBenchmark: Benchmark<ReassemblyOptions> = {
  name: 'reassembly',
  summary: 'a 64 MiB frame in 16 KiB chunks, against a 4 MiB one and against a plain copy',
  options: [numberOption('--rounds <n>', 'frames of each size', { default: 15, least: 1, most: 1000 })],
  shortPass: { rounds: 3 },
  async run({ rounds }, progress) {
    const [frames, copies, arrivals] = [new Times(), new Times(), new Times()];
    const arriving = await ArrivingFrames.start(LARGE);
    // The first rounds compile.
    for (let round = -1; round <= rounds; round++) {
      progress.begin(`round ${Math.max(round, 0)} of ${rounds}`);
      for (const size of [SMALL, LARGE]) {
        const [framed, copied] = [time(() => reassemble(size)), time(() => copy(size))];
        collectGarbage();
        const arrived = await arriving.receive(size);
        if (round <= 0) continue;
        frames.of(size).push(framed);
        copies.of(size).push(copied);
        arrivals.of(size).push(arrived);
      }
    }
    await arriving.stop();
    return {
      what: 'frames in chunks of 16 KiB',
      setting: [`${rounds} rounds in one process`],
      results: [
        costOf('4 MiB frame', 'plain copy', frames.small, copies.small, MOST_COPIES),
        costOf('64 MiB frame', 'plain copy', frames.large, copies.large, MOST_COPIES),
        costOf('64 MiB frame over TCP', '4 MiB frame over TCP', arrivals.large, arrivals.small, MOST_GROWTH),
        costOf('64 MiB frame', '4 MiB frame', frames.large, frames.small),
        costOf('64 MiB copy', '4 MiB copy', copies.large, copies.small),
      ],
      missing: [],
    };
  },
};

function costOf(name: string, peer: string, ours: readonly number[], theirs: readonly number[], bar?: number): Result {
  return {
    name,
    peer,
    unit: 'ms',
    ratio: 'cost',
    ratios: ours.map((value, round) => value / theirs[round]!),
    bar,
    ours: { value: median([...ours]) },
    theirs: { value: median([...theirs]) },
  };
}
