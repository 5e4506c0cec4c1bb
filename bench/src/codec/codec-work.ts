import { ByteReader, ByteWriter, type Codec, encodeMessage } from '@wirewright/core/codec';

import type { Work } from '../interleave.ts';

/** About so many bytes are taken at a time, as a connection does at the end of a turn. */
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
  const batches = new Batches(codec, [message]);
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(make === undefined ? message : make(), batches.writer);
      if (--batches.room === 0) batches.take();
    }
  };
}

/** The same with messages in turn. */
export function encodingEach<Out>(codec: Codec<unknown, Out>, messages: readonly Out[]): Work {
  const batches = new Batches(codec, messages);
  let next = 0;
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(messages[next]!, batches.writer);
      if (++next === messages.length) next = 0;
      if (--batches.room === 0) batches.take();
    }
  };
}

/** Takes what was written now and then. It counts messages: to ask the writer each time would be a good part of a short one. */
class Batches<Out> {
  readonly writer: ByteWriter = new ByteWriter();
  /** Messages until there is a batch. */
  room: number;
  readonly #most: number;

  /** @param messages that are written in turn */
  constructor(codec: Codec<unknown, Out>, messages: readonly Out[]) {
    const size = messages.reduce((sum, message) => sum + encodeMessage(codec, message).length, 0);
    this.#most = Math.max(1, Math.floor((BATCH * messages.length) / size));
    this.room = this.#most;
    this.writer.begin();
  }

  take(): void {
    const batch = this.writer.take();
    sink.sum += batch.size;
    this.writer.giveBack(batch, true);
    this.room = this.#most;
  }
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
