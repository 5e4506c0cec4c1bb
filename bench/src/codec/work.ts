import { ByteReader, ByteWriter, type Codec, encodeMessage } from '@wirewright/core/codec';

/** About so many bytes are taken at a time, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** How often a chunk has its frames. */
const FRAMES = 64;

/** What was read is added up here, so that nothing of it can be left out. */
export const sink: { sum: number; last: unknown } = { sum: 0, last: undefined };

/** The codec alone, without what a connection does around it. */
export function encoding<Out>(codec: Codec<unknown, Out>, message: Out): () => void {
  const batches = new Batches(codec, [message]);
  return () => {
    codec.encode(message, batches.writer);
    if (--batches.room === 0) batches.take();
  };
}

/** The same with a message that is made each time. */
export function encodingMade<Out>(codec: Codec<unknown, Out>, make: () => Out): () => void {
  const batches = new Batches(codec, [make()]);
  return () => {
    codec.encode(make(), batches.writer);
    if (--batches.room === 0) batches.take();
  };
}

/** The same with messages in turn. */
export function encodingEach<Out>(codec: Codec<unknown, Out>, messages: readonly Out[]): () => void {
  const batches = new Batches(codec, messages);
  let next = 0;
  return () => {
    codec.encode(messages[next]!, batches.writer);
    if (++next === messages.length) next = 0;
    if (--batches.room === 0) batches.take();
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
export function decoding<In>(codec: Codec<In, never>, chunk: Buffer, look: (message: In) => void): () => void {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  return () => {
    if (input.length === 0) input.push(chunk);
    look(codec.decode(input)!);
  };
}

/** The same by hand: `read` gets the chunk and where a frame starts, and returns where the next one does. */
export function reading(chunk: Buffer, read: (chunk: Buffer, at: number) => number): () => void {
  let at = 0;
  return () => {
    if (at === chunk.length) at = 0;
    at = read(chunk, at);
  };
}

/** How many equal messages take turns. */
const TURNS = 8;

/**
 * What one writes by hand, once for each of several that are equal, in turn: of a loop that writes one constant message V8 makes code in
 * which its texts are known, which no program has.
 */
export function inTurn<Fields extends object>(fields: Fields, write: (fields: Fields) => number): () => number {
  const each = Array.from({ length: TURNS }, () => ({ ...fields }));
  let next = 0;
  return () => {
    if (++next === TURNS) next = 0;
    return write(each[next]!);
  };
}

/** Writes by hand, over and over: `write` returns a number. */
export function writing(write: () => number): () => void {
  return () => {
    sink.sum += write();
  };
}

/** What a read brings: these frames, over and over. */
export function chunkOf(frames: readonly Buffer[], times: number = FRAMES): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => frames).flat());
}

/** The messages of a chunk of whole frames. */
export function messagesOf<In, Fields>(
  codec: Codec<In, never>,
  chunk: Buffer,
  fieldsOf: (message: In) => Fields,
): Fields[] {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  input.push(chunk);
  const messages: Fields[] = [];
  while (input.length > 0) messages.push(fieldsOf(codec.decode(input)!));
  return messages;
}

/** Bytes as text that can be compared and shown. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
