import { Buffer } from 'node:buffer';
import { inspect, isDeepStrictEqual } from 'node:util';

import { memcachedTextClient, memcachedTextServer } from '@wirewright/codec-memcached-text';
import { ByteReader, type Codec, type CodecFactory, decodeNext, ProtocolError } from '@wirewright/core/codec';

import { random } from '../support/random.ts';
import { plainReply, plainRequest } from './plain.ts';

const VERBS = [
  'get',
  'gets',
  'gat',
  'gats',
  'set',
  'add',
  'replace',
  'append',
  'prepend',
  'cas',
  'delete',
  'incr',
  'decr',
  'touch',
  'flush_all',
  'verbosity',
  'version',
  'stats',
  'quit',
  'watch',
  'mg',
  'ms',
  'ms',
  'md',
  'ma',
  'mn',
  'me',
  'GET',
  'x',
  '',
];
const STATUSES = [
  'VALUE',
  'VALUE',
  'VA',
  'VA',
  'END',
  'STORED',
  'HD',
  'EN',
  'NF',
  'STAT',
  'OK',
  'ERROR',
  'CONFIG',
  '12',
  'VALU',
  'ME',
];
const WORDS = [
  '0',
  '1',
  '5',
  '12',
  '-1',
  '300',
  '2000',
  '4294967296',
  '2147483647',
  '18446744073709551615',
  '18446744073709551616',
  'k',
  'key',
  'noreply',
  'x'.repeat(251),
  'v',
  'q',
  'b',
  'YQ==',
  'T30',
  'O123',
  `O${'o'.repeat(40)}`,
  'MS',
  'MZ',
  'C5',
  'D1',
  'I',
  'HTTP/1.1',
  '\t',
  '\r',
  'ä',
  '\u0000',
];
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', ''];

/** Input that looks like the protocol, and mostly is it; the same for the same seed. */
class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  input(heads: readonly string[]): Buffer {
    let text = '';
    for (let i = 1 + this.below(5); i > 0; i--) text += this.#line(heads);
    return Buffer.from(text, 'latin1');
  }

  /** The pieces of `bytes`, cut at random. */
  cut(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    const most = 1 + this.below(this.below(2) === 0 ? 4 : 60);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + this.below(most);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return pieces;
  }

  #pick(list: readonly string[]): string {
    return list[this.below(list.length)]!;
  }

  #line(heads: readonly string[]): string {
    const head = this.#pick(heads);
    const good = this.below(3) > 0 ? this.#good(head) : undefined;
    if (good !== undefined) return good;
    let text = this.below(20) === 0 ? ' ' : '';
    text += head;
    for (let i = this.below(8); i > 0; i--) text += `${this.below(20) === 0 ? '  ' : ' '}${this.#pick(WORDS)}`;
    if (this.below(500) === 0) text += ` ${'z'.repeat(this.below(5000))}`;
    return text + this.#pick(ENDS);
  }

  /** A line as it should be, with a block that mostly has the right length. */
  #good(head: string): string | undefined {
    const length = this.below(this.below(50) === 0 ? 3000 : 30);
    const block = this.#block(this.below(8) === 0 ? this.below(40) : length);
    switch (head) {
      case 'set':
      case 'add':
      case 'append':
        return `${head} k ${this.below(9)} 0 ${length}${this.below(3) === 0 ? ' noreply' : ''}\r\n${block}`;
      case 'cas':
        return `cas k 0 0 ${length} ${this.below(100)}\r\n${block}`;
      case 'ms':
        return `ms k ${length} ${this.#pick(WORDS)} c\r\n${block}`;
      case 'VALUE':
        return `VALUE k 0 ${length}${this.below(2) === 0 ? ' 7' : ''}\r\n${block}`;
      case 'VA':
        return `VA ${length} f0\r\n${block}`;
      default:
        return undefined;
    }
  }

  #block(length: number): string {
    let text = '';
    while (text.length < length) text += this.#pick([...WORDS.slice(0, 6), '\r\n', 'get k\r\n']);
    return `${text.slice(0, length)}\r\n`;
  }
}

interface Outcome {
  readonly messages: unknown[];
  readonly error: string | undefined;
}

/** What comes out of a codec; anything but messages and protocol errors is thrown. */
function run<In>(codec: Codec<In, never>, pieces: readonly Buffer[], plain: (message: In) => unknown): Outcome {
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  const messages: unknown[] = [];
  try {
    for (const piece of pieces) {
      input.push(Buffer.from(piece));
      for (let next = decodeNext(codec, input); next !== undefined; next = decodeNext(codec, input))
        messages.push(plain(next));
    }
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'WIRE_DECODE_FAILED' || error.code === 'WIRE_CODEC_STUCK')
      throw error;
    return { messages, error: error.code };
  }
  return { messages, error: undefined };
}

export interface Fuzzed {
  readonly inputs: number;
  readonly messages: number;
  /** Messages in good order. */
  readonly good: number;
  readonly refused: number;
}

/** Lets both codecs decode `count` inputs each, whole and cut, and compares what comes of it. */
export function fuzz(count: number, seed: number): Fuzzed {
  const generator = new Generator(seed);
  const servers = (['1.6.18', '1.6.45'] as const).map((compat) => memcachedTextServer({ compat, maxItemSize: 1024 }));
  const client = memcachedTextClient({ maxItemSize: 1024 });
  let messages = 0;
  let good = 0;
  let refused = 0;

  function compare<In>(factory: CodecFactory<In, never>, bytes: Buffer, plain: (message: In) => unknown): void {
    const whole = run(factory(), [bytes], plain);
    const cut = run(factory(), generator.cut(bytes), plain);
    if (!isDeepStrictEqual(whole, cut)) {
      throw new Error(`${JSON.stringify(bytes.toString('latin1'))}: whole ${inspect(whole)}, cut ${inspect(cut)}`);
    }
    messages += whole.messages.length;
    good += whole.messages.filter((message) => !('error' in (message as object))).length;
    if (whole.error !== undefined) refused++;
  }

  for (let i = 0; i < count; i++) {
    compare(servers[i % 2]!, generator.input(VERBS), plainRequest);
    compare(client, generator.input(STATUSES), plainReply);
  }
  return { inputs: 2 * count, messages, good, refused };
}
