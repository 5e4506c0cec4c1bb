import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';

import { ByteWriter } from '../codec/byte-writer.ts';
import type { CodecFactory } from '../codec/codec.ts';
import { encodeInto } from '../codec/encode.ts';
import { describeMessage, Drive, type Driven, show } from './drive.ts';
import { randomSplits } from './random-splits.ts';

/** Bytes and what a codec has to make of them. */
export interface CodecVector<In> {
  /** What it shows; part of the name of each check. */
  readonly name: string;
  /** What is received; text is utf-8. */
  readonly bytes: Uint8Array | string;
  /** The messages, in order. With `error`, those in front of it. */
  readonly messages: readonly In[];
  /** What `decodeEnd` makes of the rest when the input ends here. */
  readonly last?: In;
  /** The code of the error that decoding must end with: `WIRE_FRAME_TOO_LARGE` ... */
  readonly error?: string;
  /** Whether encoding the messages gives these very bytes. */
  readonly canonical?: boolean;
}

/** How {@link codecVectors} compares messages, and which of its ways make no sense for a codec. */
export interface CodecVectorsOptions<In> {
  /** Makes a message comparable: a value that is deeply equal for equal messages. Default: bytes by value, the rest as it is. */
  readonly describe?: (message: In) => unknown;
  /** The codec of the other direction, when this one does not encode what it decodes. Default this one. */
  readonly opposite?: CodecFactory<unknown, In>;
  /** Whether a frame means something only after the frames before it: a fresh codec cannot go on in the middle then. Default false. */
  readonly stateful?: boolean;
  /** Whether bytes may belong to no message, as filler or a preamble does, so that the input may end behind them unnoticed. Default false. */
  readonly filler?: boolean;
  /** Seed of the random splits. Default 1. */
  readonly seed?: number;
}

/** One check: hand `name` and `run` to the test runner of your choice. `run` throws when the codec is wrong. */
export interface CodecCheck {
  /** `line: lf: every two-way split`: the codec, the vector, and the way that its bytes arrive. */
  readonly name: string;
  /** Throws an Error that says how when the codec is wrong. Synchronous. */
  readonly run: () => void;
}

/** Up to this length every two-way split is tried. */
const EVERY_SPLIT = 4096;
const RANDOM_RUNS = 32;

/** What is in the writer before the messages. */
const BEFORE = 'before';

/**
 * Runs a codec over vectors in every way that bytes can arrive: whole, byte by byte, at every two-way split, in random splits,
 * followed by the next vector, ended at every offset, swapped after every message, two connections at once, and for canonical
 * vectors back to the same bytes.
 *
 * ```ts
 * for (const { name, run } of codecVectors('line', line(), [{ name: 'lf', bytes: 'a\nb\n', messages: ['a', 'b'] }])) test(name, run);
 * ```
 */
export function codecVectors<In, Out>(
  name: string,
  factory: CodecFactory<In, Out>,
  vectors: readonly CodecVector<In>[],
  options: CodecVectorsOptions<In> = {},
): CodecCheck[] {
  if (vectors.length === 0) throw new Error(`${name} has no vectors: they would all pass`);
  return vectors.flatMap((vector, i) => {
    const kit = new VectorKit(factory, vector, options);
    const next = vectors.slice(i + 1).find(({ error }) => error === undefined);
    return kit.checks(next).map(([way, run]) => ({ name: `${name}: ${vector.name}: ${way}`, run }));
  });
}

type Check = [way: string, run: () => void];

class VectorKit<In> {
  readonly #factory: CodecFactory<never, never>;
  readonly #vector: CodecVector<In>;
  readonly #options: CodecVectorsOptions<In>;
  readonly #describe: (message: unknown) => unknown;
  readonly #bytes: Buffer;
  readonly #expected: Driven;

  constructor(factory: CodecFactory<unknown, unknown>, vector: CodecVector<In>, options: CodecVectorsOptions<In>) {
    this.#factory = factory as CodecFactory<never, never>;
    this.#vector = vector;
    this.#options = options;
    this.#describe = (options.describe ?? describeMessage) as (message: unknown) => unknown;
    this.#bytes = bytesOf(vector.bytes);
    this.#expected = this.#expect(vector);
  }

  checks(next: CodecVector<In> | undefined): Check[] {
    const { error, last, canonical } = this.#vector;
    const stateful = this.#options.stateful === true;
    const arrivals: Check[] = [
      ['whole', () => this.#check([this.#bytes])],
      ['byte by byte', () => this.#check(byteByByte(this.#bytes))],
      ['every two-way split', () => this.#everySplit()],
      ['random splits', () => this.#randomSplits()],
      ['two connections at once', () => this.#twoAtOnce()],
    ];
    if (error !== undefined) return arrivals;
    return [
      ...arrivals,
      ...check('followed by the next vector', next !== undefined && last === undefined && !stateful, () =>
        this.#followedBy(next!),
      ),
      ['input ends at every offset', () => this.#endsEverywhere()],
      ['codec swapped after every message', () => this.#swapped()],
      ...check('encoded to the same bytes', canonical === true, () => this.#encoded()),
    ];
  }

  #expect({ messages, last, error }: CodecVector<In>): Driven {
    const expected: Driven = { messages: messages.map(this.#describe), offsets: [], positions: [] };
    if (last !== undefined) expected.last = this.#describe(last);
    if (error !== undefined) expected.error = error;
    return expected;
  }

  #drive(): Drive {
    return new Drive(this.#factory, this.#describe);
  }

  #run(chunks: Iterable<Uint8Array>): Driven {
    const drive = this.#drive();
    for (const chunk of chunks) drive.feed(chunk);
    return drive.end().finish();
  }

  #check(chunks: Iterable<Uint8Array>, how: string = '', expected: Driven = this.#expected): void {
    compare(this.#run(chunks), expected, how);
  }

  #everySplit(): void {
    const { length } = this.#bytes;
    const step = Math.ceil(length / EVERY_SPLIT);
    for (let at = 1; at < length; at += step) {
      this.#check([this.#bytes.subarray(0, at), this.#bytes.subarray(at)], `split at ${at}: `);
    }
  }

  #randomSplits(): void {
    const seed = this.#options.seed ?? 1;
    for (let run = 0; run < RANDOM_RUNS; run++) {
      this.#check(randomSplits(this.#bytes, seed + run), `random split with seed ${seed + run}: `);
    }
  }

  /** Codecs that share state, because the factory gives the same one twice or keeps some outside, mix up their connections. */
  #twoAtOnce(): void {
    const drives = [this.#drive(), this.#drive()];
    for (const byte of byteByByte(this.#bytes)) for (const drive of drives) drive.feed(byte);
    for (const drive of drives) compare(drive.end().finish(), this.#expected, 'two connections at once: ');
  }

  #followedBy(next: CodecVector<In>): void {
    const both = Buffer.concat([this.#bytes, bytesOf(next.bytes)]);
    const expected = this.#expect({ ...next, messages: [...this.#vector.messages, ...next.messages] });
    this.#check([both], '', expected);
    this.#check(byteByByte(both), 'byte by byte: ', expected);
  }

  /** Whatever the input ends in must come out as a message or as an error, and what was complete must have come before. */
  #endsEverywhere(): void {
    const { offsets, positions, messages } = this.#run(byteByByte(this.#bytes));
    const step = Math.ceil(this.#bytes.length / EVERY_SPLIT);
    for (let at = 0; at <= this.#bytes.length; at += step) {
      const how = `input ends at ${at}: `;
      const driven = this.#run([this.#bytes.subarray(0, at)]);
      const complete = offsets.filter((offset) => offset <= at).length;
      if (!isDeepStrictEqual(driven.messages, messages.slice(0, complete))) {
        throw new Error(`${how}got ${show(driven.messages)} instead of ${show(messages.slice(0, complete))}`);
      }
      const cut = driven.error === 'WIRE_TRUNCATED' || driven.last !== undefined;
      const between = at === 0 || positions.includes(at);
      const right = driven.error === undefined ? between || cut || this.#options.filler === true : cut && !between;
      if (!right) {
        const got = driven.error ?? 'neither a message nor an error';
        throw new Error(
          `${how}${got}; a cut frame is WIRE_TRUNCATED or a last message, and between frames nothing is wrong`,
        );
      }
    }
  }

  /** What lies behind a message must be left alone, and a fresh codec must be able to go on there. */
  #swapped(): void {
    const { offsets, positions } = this.#run(byteByByte(this.#bytes));
    for (const [i, end] of positions.entries()) {
      const drive = this.#drive().feed(this.#bytes, i + 1);
      const rest = this.#bytes.subarray(end);
      const { position } = drive.reader;
      if (position > offsets[i]! || position !== end) {
        throw new Error(`message ${i + 1} ends at ${end}, but ${position} bytes were consumed for it`);
      }
      if (this.#options.stateful === true) continue;
      const { messages, ...others } = this.#expected;
      this.#check([rest], `swapped after message ${i + 1}: `, { ...others, messages: messages.slice(i + 1) });
    }
  }

  #encoded(): void {
    const { messages, last } = this.#vector;
    const codec = (this.#options.opposite ?? this.#factory)();
    // As a connection does it: one behind the other, and behind what somebody else has written.
    const writer = new ByteWriter();
    writer.begin();
    writer.utf8(BEFORE);
    for (const message of last === undefined ? messages : [...messages, last]) {
      const before = show(this.#describe(message));
      encodeInto(codec, message, writer);
      const after = show(this.#describe(message));
      // The same message may be sent to others.
      if (after !== before) throw new Error(`to encode a message changed it: ${before} became ${after}`);
    }
    const encoded = writer.takeBytes().subarray(BEFORE.length);
    if (!encoded.equals(this.#bytes)) {
      throw new Error(
        `encoded to ${show(encoded.toString('latin1'))} instead of ${show(this.#bytes.toString('latin1'))}`,
      );
    }
  }
}

function compare(driven: Driven, expected: Driven, how: string): void {
  const { messages, error, last } = driven;
  if (!isDeepStrictEqual(messages, expected.messages)) {
    throw new Error(
      `${how}decoded to ${show(messages)} instead of ${show(expected.messages)}${error === undefined ? '' : `, then ${error}`}`,
    );
  }
  if (error !== expected.error)
    throw new Error(`${how}ended with ${error ?? 'no error'} instead of ${expected.error ?? 'none'}`);
  if (!isDeepStrictEqual(last, expected.last))
    throw new Error(`${how}the last message is ${show(last)} instead of ${show(expected.last)}`);
}

function check(way: string, applies: boolean, run: () => void): Check[] {
  return applies ? [[way, run]] : [];
}

function bytesOf(bytes: Uint8Array | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
}
