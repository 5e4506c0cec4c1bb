import { ByteReader, ByteWriter, type Codec } from '@wirewright/core/codec';

import type { Work } from '../interleave.ts';

/** Bytes after which the batch is taken, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** How often a chunk has its frames. */
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
  const writer = begun();
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(make === undefined ? message : make(), writer);
      if (writer.size >= BATCH) take(writer);
    }
  };
}

/** The same with messages in turn. */
export function encodingEach<Out>(codec: Codec<unknown, Out>, messages: readonly Out[]): Work {
  const writer = begun();
  let next = 0;
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(messages[next]!, writer);
      if (++next === messages.length) next = 0;
      if (writer.size >= BATCH) take(writer);
    }
  };
}

function begun(): ByteWriter {
  const writer = new ByteWriter();
  writer.begin();
  return writer;
}

function take(writer: ByteWriter): void {
  const batch = writer.take();
  sink.sum += batch.size;
  writer.giveBack(batch, true);
}

/** Takes one frame after the other off a chunk of whole ones, over and over. */
export function decoding<In>(codec: Codec<In, never>, chunk: Buffer, look: (message: In) => void): Work {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  return repeat(() => {
    if (input.length === 0) input.push(chunk);
    look(codec.decode(input)!);
  });
}

/** The same by hand: `read` gets the chunk and where a frame starts, and returns where the next one does. */
export function reading(chunk: Buffer, read: (chunk: Buffer, at: number) => number): Work {
  let at = 0;
  return repeat(() => {
    if (at === chunk.length) at = 0;
    at = read(chunk, at);
  });
}

/** What a read brings: these frames, over and over. */
export function chunkOf(frames: readonly Buffer[], times: number = FRAMES): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => frames).flat());
}
