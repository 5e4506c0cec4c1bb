import { Buffer } from 'node:buffer';

import {
  type BinaryRequest,
  type BinaryResponse,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
} from '@wirewright/codec-memcached-binary';
import { ByteReader, type Codec, decodeEnd, decodeNext, encodeMessage, ProtocolError } from '@wirewright/core/codec';

import { random } from '../support/random.ts';
import { plainRequest, plainResponse } from './plain.ts';

/** Small, so that frames over it are common. */
const LIMIT = 600;

const OPCODES = Object.values(Opcode);
const EXTRAS_LENGTHS = [0, 4, 8, 20];
const KEY_LENGTHS = [0, 1, 7, 33, 249, 250, 251, 300];
const BODY_LENGTHS = [0, 23, 24, 599, 600, 601, 2 ** 30, 2 ** 30 + 1, 2 ** 31, 2 ** 32 - 1];

/** Frames at random, near those that there can be: the same for the same seed. */
class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** One to four frames of which some have something wrong with them. */
  input(magic: number): Buffer {
    const frames = Array.from({ length: 1 + this.below(4) }, () => this.#frame(magic));
    const bytes = Buffer.concat(frames);
    if (this.below(4) === 0) bytes[this.below(bytes.length)] = this.below(256);
    return this.below(4) === 0 ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes;
  }

  /** Pieces of random lengths, mostly short ones. */
  cut(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    // Byte by byte takes long, and says most of what is short.
    const most = [bytes.length < 300 ? 1 : 10, 30, 100, 300, 3000][this.below(5)]!;
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + this.below(most);
      // Memory of its own, as a socket's chunks have it.
      pieces.push(Buffer.from(new Uint8Array(bytes.subarray(at, end)).buffer));
      at = end;
    }
    return pieces;
  }

  #frame(magic: number): Buffer {
    const extras = this.below(8) === 0 ? this.below(256) : this.#one(EXTRAS_LENGTHS);
    const key = this.below(8) === 0 ? this.below(1000) : this.#one(KEY_LENGTHS);
    const value = this.below(2) * this.below(this.below(4) === 0 ? 2000 : 100);
    const body = extras + key + value;
    const bytes = Buffer.allocUnsafe(24 + body);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256);
    bytes[0] = this.below(100) === 0 ? this.below(256) : magic;
    bytes[1] = this.below(8) === 0 ? this.below(256) : this.#one(OPCODES);
    bytes.writeUInt16BE(this.below(50) === 0 ? this.below(65_536) : key, 2);
    bytes[4] = extras;
    if (magic === 0x81) bytes.writeUInt16BE(this.below(2) * this.below(8), 6);
    bytes.writeUInt32BE(this.below(50) === 0 ? this.#one(BODY_LENGTHS) : body, 8);
    return bytes;
  }

  #one(values: readonly number[]): number {
    return values[this.below(values.length)]!;
  }
}

/** What came of an input: the messages, where each ended, and the error behind them. */
interface Outcome {
  readonly messages: object[];
  readonly ends: number[];
  error: string;
}

function outcome<In>(codec: Codec<In, never>, pieces: readonly Buffer[], look: (message: In) => object): Outcome {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  const result: Outcome = { messages: [], ends: [], error: '' };
  try {
    for (const piece of pieces) {
      input.push(piece);
      for (let m = decodeNext(codec, input); m !== undefined; m = decodeNext(codec, input)) {
        result.messages.push(look(m));
        result.ends.push(input.position);
      }
    }
    decodeEnd(codec, input);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'WIRE_DECODE_FAILED') throw error;
    result.error = error.code;
  }
  return result;
}

function lookAt<M extends BinaryRequest | BinaryResponse>(
  plain: (message: M) => object,
  opposite: Codec<unknown, M>,
): (message: M) => object {
  return (message) => {
    const { tooLarge, keyLength, valueLength, extras } = message;
    // What is sent on is read as the same again.
    const sent = tooLarge ? undefined : encodeMessage(opposite, message).toString('latin1');
    return { ...plain(message), tooLarge, keyLength, valueLength, extras: extras.toString('latin1'), sent };
  };
}

export interface FuzzCounts {
  messages: number;
  problems: number;
  tooLarge: number;
  errors: number;
}

/** Feeds `count` inputs to both codecs, whole and cut, and compares what comes of it. */
export function fuzz(count: number, seed: number): FuzzCounts {
  const generator = new Generator(seed);
  const counts: FuzzCounts = { messages: 0, problems: 0, tooLarge: 0, errors: 0 };
  const server = memcachedBinaryServer({ maxFrameLength: LIMIT });
  const client = memcachedBinaryClient({ maxFrameLength: LIMIT });
  const request = lookAt<BinaryRequest>(plainRequest, client());
  const response = lookAt<BinaryResponse>(plainResponse, server());
  for (let i = 0; i < count; i++) {
    const requests = i % 2 === 0;
    const bytes = generator.input(requests ? 0x80 : 0x81);
    const run = (pieces: readonly Buffer[]): Outcome =>
      requests ? outcome(server(), pieces, request) : outcome(client(), pieces, response);
    const whole = run([Buffer.from(bytes)]);
    const cut = run(generator.cut(bytes));
    const [a, b] = [whole, cut].map((result) => JSON.stringify(result, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
    if (a !== b)
      throw new Error(`input ${i} of seed ${seed}, ${bytes.toString('hex')}: ${a} whole, but ${b} in pieces`);
    counts.messages += whole.messages.length;
    for (const message of whole.messages as { problem?: string; tooLarge: boolean }[]) {
      if (message.problem !== undefined) counts.problems++;
      if (message.tooLarge) counts.tooLarge++;
    }
    if (whole.error !== '') counts.errors++;
  }
  return counts;
}
