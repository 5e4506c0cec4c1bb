import { ByteReader, ByteWriter, type Codec } from '@wirewright/core/codec';

import type { Work } from '../interleave.ts';

/** Bytes after which the batch is taken, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** Frames in a chunk. */
const FRAMES = 64;

/** What was read is added up here, so that nothing of it can be left out. */
export const sink: { sum: number; last: unknown } = { sum: 0, last: undefined };

export const repeat =
  (step: () => void): Work =>
  (times) => {
    for (let i = 0; i < times; i++) step();
  };

/** The codec alone, without what a connection does around it. */
export function encoding<Out>(codec: Codec<unknown, Out>, message: Out, make?: () => Out): Work {
  const writer = new ByteWriter();
  writer.begin();
  const taken = (): void => {
    const batch = writer.take();
    sink.sum += batch.size;
    writer.giveBack(batch, true);
  };
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(make === undefined ? message : make(), writer);
      if (writer.size >= BATCH) taken();
    }
  };
}

/** Takes one frame after the other off a chunk of many, over and over. */
export function decoding<In>(codec: Codec<In, never>, frame: Buffer, look: (message: In) => void): Work {
  const chunk = chunkOf(frame);
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  return repeat(() => {
    if (input.length === 0) input.push(chunk);
    look(codec.decode(input)!);
  });
}

/** The same by hand: `read` gets the chunk and where a frame starts, and returns where the next one does. */
export function reading(frame: Buffer, read: (chunk: Buffer, at: number) => number): Work {
  const chunk = chunkOf(frame);
  let at = 0;
  return repeat(() => {
    if (at === chunk.length) at = 0;
    at = read(chunk, at);
  });
}

function chunkOf(frame: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: FRAMES }, () => frame));
}
