import { Buffer } from 'node:buffer';

import { gearmanClient, gearmanServer, Packet, packetRules, RefusedFrame, TextLine } from '@wirewright/codec-gearman';
import { ByteReader, type Codec, decodeEnd, decodeNext, encodeMessage, ProtocolError } from '@wirewright/core/codec';

import { random } from '../support/random.ts';
import { frame, plain } from './frames.ts';

/** Small, so that packets over it are common. */
const LIMIT = 1024;
const LINE_LIMIT = 60;

const LENGTHS = [0, 1, 1023, 1024, 1025, 2 ** 30, 2 ** 30 + 1, 2 ** 31, 2 ** 32 - 1];
const LINES = ['status', 'WORKERS\r', '', 'cancel job H:x:1', 'maxqueue f 1 2 3', 'x'.repeat(59), 'x'.repeat(70)];

type Received = Packet | TextLine | RefusedFrame;

/** Packets and lines at random, near those that there can be: the same for the same seed. */
class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** One to five frames of which some have something wrong with them. */
  input(magic: 'REQ' | 'RES'): Buffer {
    const frames = Array.from({ length: 1 + this.below(5) }, () =>
      this.below(4) === 0 ? Buffer.from(`${this.#one(LINES)}\n`) : this.#packet(magic),
    );
    const bytes = Buffer.concat(frames);
    if (this.below(4) === 0) bytes[this.below(bytes.length)] = this.below(256);
    return this.below(4) === 0 ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes;
  }

  /** Pieces of random lengths, mostly short ones. */
  cut(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    const most = [bytes.length < 300 ? 1 : 10, 30, 100, 300, 3000][this.below(5)]!;
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + this.below(most);
      // Memory of its own, as a socket's chunks have it.
      pieces.push(Buffer.from(new Uint8Array(bytes.subarray(at, end)).buffer));
      at = end;
    }
    return pieces;
  }

  #packet(magic: 'REQ' | 'RES'): Buffer {
    const type = this.below(16) === 0 ? this.below(60) : this.below(43);
    const usual = packetRules[type]?.args.length ?? this.below(3);
    const count = this.below(6) === 0 ? this.below(9) : usual;
    const args = Array.from({ length: count }, (_, index) => this.#argument(index === count - 1));
    const bytes = frame(this.below(60) === 0 ? (magic === 'REQ' ? 'RES' : 'REQ') : magic, type, ...args);
    if (this.below(40) === 0) bytes.writeUInt32BE(this.#one(LENGTHS), 8);
    if (this.below(100) === 0) bytes[1 + this.below(3)] = this.below(256);
    return bytes;
  }

  #argument(last: boolean): Buffer {
    const length = last && this.below(8) === 0 ? this.below(1500) : this.below(this.below(8) === 0 ? 100 : 12);
    const bytes = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) bytes[i] = this.below(last ? 256 : 255) + (last ? 0 : 1);
    return bytes;
  }

  #one<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

/** What came of an input: the messages, and the error behind them. */
interface Outcome {
  readonly messages: Record<string, unknown>[];
  error: string;
}

function outcome(codec: Codec<Received, never>, pieces: readonly Buffer[]): Outcome {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  const result: Outcome = { messages: [], error: '' };
  try {
    for (const piece of pieces) {
      input.push(piece);
      for (let m = decodeNext(codec, input); m !== undefined; m = decodeNext(codec, input)) {
        result.messages.push(lookAt(m));
      }
    }
    decodeEnd(codec, input);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'WIRE_DECODE_FAILED') throw error;
    result.error = error.code;
  }
  return result;
}

const request = gearmanClient({ maxFrameLength: LIMIT })();
const response = gearmanServer({ maxFrameLength: LIMIT })();

function argumentsOf(message: Packet): Buffer[] {
  return Array.from({ length: message.argumentCount }, (_, index) => message.bytes(index));
}

function lookAt(message: Received): Record<string, unknown> {
  // How much had come of a line that is too long depends on how it was cut.
  if (message instanceof RefusedFrame && message.reason === 'line-too-long') return { reason: message.reason };
  const seen = { ...plain(message) } as Record<string, unknown>;
  if (!(message instanceof Packet)) return seen;
  const { type, argumentCount, complete } = message;
  const relayed = encodeMessage(message.isResponse ? response : request, message);
  seen['relayed'] = relayed.toString('latin1');
  if (complete && argumentCount > 0) {
    // What is made of its arguments is the same packet, but for what stands behind a NUL in a last one that is a name.
    const made = encodeMessage(message.isResponse ? response : request, { type, args: argumentsOf(message) }).subarray(
      12,
    );
    const body = relayed.subarray(12);
    const rest = body.subarray(made.length);
    const opaque = packetRules[type]!.opaque;
    if (!body.subarray(0, made.length).equals(made) || (rest.length > 0 && (opaque || rest[0] !== 0)))
      throw new Error(`${relayed.toString('hex')} was made ${made.toString('hex')}`);
  }
  return seen;
}

export interface FuzzCounts {
  messages: number;
  lines: number;
  incomplete: number;
  refused: number;
  errors: number;
}

/** Feeds `count` inputs to both codecs, whole and cut, and compares what comes of it. */
export function fuzz(count: number, seed: number): FuzzCounts {
  const generator = new Generator(seed);
  const counts: FuzzCounts = { messages: 0, lines: 0, incomplete: 0, refused: 0, errors: 0 };
  const limits = { maxFrameLength: LIMIT, maxLineLength: LINE_LIMIT };
  const server = gearmanServer(limits);
  const client = gearmanClient(limits);
  for (let i = 0; i < count; i++) {
    const requests = i % 2 === 0;
    const bytes = generator.input(requests ? 'REQ' : 'RES');
    const codec = (): Codec<Received, never> => (requests ? server() : client());
    const whole = outcome(codec(), [Buffer.from(bytes)]);
    const cut = outcome(codec(), generator.cut(bytes));
    const [a, b] = [JSON.stringify(whole), JSON.stringify(cut)];
    if (a !== b)
      throw new Error(`input ${i} of seed ${seed}, ${bytes.toString('hex')}: ${a} whole, but ${b} in pieces`);
    counts.messages += whole.messages.length;
    for (const message of whole.messages) {
      if ('line' in message) counts.lines++;
      if (message['complete'] === false) counts.incomplete++;
      if ('reason' in message) counts.refused++;
    }
    if (whole.error !== '') counts.errors++;
  }
  return counts;
}
