import { Buffer } from 'node:buffer';

import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  lengthPrefixed,
  ProtocolError,
} from '@wirewright/core/codec';
import { type CodecVector, codecVectors, type CodecVectorsOptions } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

/** The codec that all the wrong ones are made from: a length byte, then text. */
class RightCodec implements Codec<string> {
  decode(input: ByteReader): string | undefined {
    const length = input.u8(0);
    if (input.length < 1 + length) return input.need(1 + length, 1);
    input.skip(1);
    return input.latin1(length);
  }

  encode(message: string, output: ByteWriter): void {
    output.u8(message.length);
    output.latin1(message);
  }
}

/** Takes the length off the input before the text is there. That is allowed, but the end of input must not pass unnoticed then. */
class Hoarder implements Codec<string> {
  #length = -1;

  decode(input: ByteReader): string | undefined {
    if (this.#length < 0) {
      this.#length = input.u8(0);
      input.skip(1);
    }
    if (input.length < this.#length) return input.need(this.#length);
    const text = input.latin1(this.#length);
    this.#length = -1;
    return text;
  }

  encode(message: string, output: ByteWriter): void {
    new RightCodec().encode(message, output);
  }
}

const vectors: CodecVector<string>[] = [
  { name: 'three', bytes: '\x03abc\x01d\x02ef', messages: ['abc', 'd', 'ef'], canonical: true },
  { name: 'one', bytes: '\x01x', messages: ['x'], canonical: true },
];

/** The ways in which a codec fails, without the names of codec and vector. */
function failures<In>(
  factory: CodecFactory<In>,
  list: readonly CodecVector<In>[],
  options?: CodecVectorsOptions<In>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, run } of codecVectors('codec', factory, list, options)) {
    try {
      run();
    } catch (error) {
      found.set(name.replace('codec: ', ''), (error as Error).message);
    }
  }
  return found;
}

test('a right codec passes in every way', () => {
  expect(failures(() => new RightCodec(), vectors)).toEqual(new Map());
  expect(codecVectors('codec', () => new RightCodec(), vectors).map(({ name }) => name)).toEqual([
    'codec: three: whole',
    'codec: three: byte by byte',
    'codec: three: every two-way split',
    'codec: three: random splits',
    'codec: three: two connections at once',
    'codec: three: followed by the next vector',
    'codec: three: input ends at every offset',
    'codec: three: codec swapped after every message',
    'codec: three: encoded to the same bytes',
    'codec: one: whole',
    'codec: one: byte by byte',
    'codec: one: every two-way split',
    'codec: one: random splits',
    'codec: one: two connections at once',
    'codec: one: input ends at every offset',
    'codec: one: codec swapped after every message',
    'codec: one: encoded to the same bytes',
  ]);
});

describe('a codec that is wrong is caught:', () => {
  test('it takes for granted that a message comes in one chunk', () => {
    class Impatient extends RightCodec {
      override decode(input: ByteReader): string {
        const length = input.u8(0);
        input.skip(1);
        return input.latin1(Math.min(length, input.length));
      }
    }
    const found = failures(() => new Impatient(), vectors);
    expect(found.has('three: whole')).toBe(false);
    expect(found.get('three: byte by byte')).toContain("decoded to [ '',");
    expect(found.get('three: every two-way split')).toContain('split at 1');
  });

  test('it reads beyond what has come', () => {
    class Greedy extends RightCodec {
      override decode(input: ByteReader): string {
        const length = input.u8(0);
        input.skip(1);
        return input.latin1(length);
      }
    }
    expect(failures(() => new Greedy(), vectors).get('three: byte by byte')).toContain('WIRE_DECODE_FAILED');
  });

  test('it forgets what it consumed of an unfinished message', () => {
    class Forgetful extends RightCodec {
      override decode(input: ByteReader): string | undefined {
        const length = input.u8(0);
        input.skip(1);
        if (input.length < length) return undefined;
        return input.latin1(length);
      }
    }
    const found = failures(() => new Forgetful(), vectors);
    expect(found.has('three: whole')).toBe(false);
    expect(found.has('three: byte by byte')).toBe(true);
    expect(found.has('three: input ends at every offset')).toBe(true);
  });

  test('it keeps bytes to itself and says nothing when the input ends there', () => {
    const found = failures(() => new Hoarder(), vectors);
    expect([...found.keys()]).toEqual(['three: input ends at every offset', 'one: input ends at every offset']);
    expect(found.get('one: input ends at every offset')).toContain('input ends at 1: neither a message nor an error');
  });

  test('it returns a message without consuming it', () => {
    class Stuck extends RightCodec {
      override decode(): string {
        return 'abc';
      }
    }
    expect(failures(() => new Stuck(), vectors).get('three: whole')).toContain('WIRE_CODEC_STUCK');
  });

  test('it never completes a message', () => {
    class Deaf extends RightCodec {
      override decode(input: ByteReader): undefined {
        return input.need(input.length + 1);
      }
    }
    expect(failures(() => new Deaf(), vectors).get('three: whole')).toContain('WIRE_TRUNCATED');
  });

  test('it asks for more than the message has', () => {
    class Late extends RightCodec {
      override decode(input: ByteReader): string | undefined {
        const length = input.u8(0);
        if (input.length < 2 + length) return input.need(2 + length, 2);
        return super.decode(input);
      }
    }
    expect(failures(() => new Late(), vectors).has('one: whole')).toBe(true);
  });

  test('it takes bytes of the next message', () => {
    class Grabber extends RightCodec {
      #stolen = '';
      override decode(input: ByteReader): string | undefined {
        if (this.#stolen !== '' && input.length > 0) this.#stolen += input.latin1(input.length);
        else this.#stolen = input.latin1(input.length);
        const length = this.#stolen.charCodeAt(0);
        if (this.#stolen.length < 1 + length) return undefined;
        const text = this.#stolen.slice(1, 1 + length);
        this.#stolen = this.#stolen.slice(1 + length);
        return text;
      }
    }
    expect(failures(() => new Grabber(), vectors).get('three: codec swapped after every message')).toContain(
      'message 1 ends at 4, but 9 bytes were consumed for it',
    );
  });

  test('all connections share one codec', () => {
    const shared = new Hoarder();
    const found = failures(() => shared, vectors);
    expect(found.has('three: whole')).toBe(false);
    expect(found.has('three: two connections at once')).toBe(true);
  });

  test('its messages change later', () => {
    const buffer = Buffer.alloc(16);
    const reused: CodecFactory<Uint8Array> = () => ({
      decode(input) {
        const length = input.u8(0);
        if (input.length < 1 + length) return input.need(1 + length, 1);
        input.skip(1);
        input.take(length).copy(buffer);
        return buffer.subarray(0, length);
      },
      encode(message, output) {
        output.u8(message.length);
        output.bytes(message);
      },
    });
    const list = [
      { name: 'two', bytes: '\x02ab\x02cd', messages: [Buffer.from('ab'), Buffer.from('cd')], canonical: true },
    ];
    expect(failures(reused, list).get('two: whole')).toContain('a message changed after it was handed out');
  });

  test('it encodes otherwise than it decodes', () => {
    class Littering extends RightCodec {
      override encode(message: string, output: ByteWriter): void {
        super.encode(message, output);
        output.u8(0);
      }
    }
    const found = failures(() => new Littering(), vectors);
    expect([...found.keys()]).toEqual(['three: encoded to the same bytes', 'one: encoded to the same bytes']);
  });

  test('it changes what it encodes, which may be sent to others, too', () => {
    interface Note {
      text: string;
    }
    const spoiling: CodecFactory<Note> = () => ({
      decode(input) {
        const text = new RightCodec().decode(input);
        return text === undefined ? undefined : { text };
      },
      encode(message, output) {
        new RightCodec().encode(message.text, output);
        message.text = '';
      },
    });
    const list = [{ name: 'one', bytes: '\x01x', messages: [{ text: 'x' }], canonical: true }];
    expect(failures(spoiling, list).get('one: encoded to the same bytes')).toBe(
      "to encode a message changed it: { text: 'x' } became { text: '' }",
    );
  });

  test('it accepts what must be refused', () => {
    const tooLong: CodecVector<string>[] = [
      { name: 'long', bytes: '\x05abcde', messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    ];
    expect(failures(() => new RightCodec(), tooLong).get('long: whole')).toContain("decoded to [ 'abcde' ]");
  });

  test('it refuses with another error', () => {
    class Vague extends RightCodec {
      override decode(): string | undefined {
        throw new ProtocolError('no');
      }
    }
    const tooLong: CodecVector<string>[] = [
      { name: 'long', bytes: '\x05abcde', messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    ];
    expect(failures(() => new Vague(), tooLong).get('long: whole')).toContain(
      'ended with WIRE_PROTOCOL instead of WIRE_FRAME_TOO_LARGE',
    );
  });

  test('at end of input it makes a message of what is none', () => {
    class Inventive extends RightCodec {
      decodeEnd(input: ByteReader): string {
        input.skip(input.length);
        return 'made up';
      }
    }
    expect(failures(() => new Inventive(), vectors).get('one: whole')).toContain(
      "the last message is 'made up' instead of undefined",
    );
  });
});

test('the codec of the other direction encodes what this one decodes', () => {
  class Reply extends RightCodec {
    override encode(): void {
      throw new Error('this side only listens');
    }
  }
  expect(failures(() => new Reply(), vectors).size).toBe(2);
  expect(failures(() => new Reply(), vectors, { opposite: () => new RightCodec() })).toEqual(new Map());
});

test('describe decides what is compared', () => {
  class Wrapped implements Codec<{ text: string; at: number }> {
    #count = 0;
    readonly #inner = new RightCodec();
    decode(input: ByteReader): { text: string; at: number } | undefined {
      const text = this.#inner.decode(input);
      return text === undefined ? undefined : { text, at: this.#count++ };
    }
    encode(message: { text: string }, output: ByteWriter): void {
      this.#inner.encode(message.text, output);
    }
  }
  const list = [
    { name: 'two', bytes: '\x01a\x01b', messages: ['a', 'b'].map((text) => ({ text, at: -1 })), canonical: true },
  ];
  expect(failures(() => new Wrapped(), list).size).toBeGreaterThan(0);
  expect(failures(() => new Wrapped(), list, { describe: ({ text }) => text })).toEqual(new Map());
});

test('random splits are the same for the same seed', () => {
  const seen: number[][] = [];
  for (const seed of [7, 7, 8]) {
    const lengths: number[] = [];
    const spy: CodecFactory<string> = () => {
      const codec = new RightCodec();
      return {
        decode: (input) => {
          lengths.push(input.length);
          return codec.decode(input);
        },
        encode: (message, output) => codec.encode(message, output),
      };
    };
    codecVectors('codec', spy, vectors.slice(0, 1), { seed })
      .find(({ name }) => name.endsWith('random splits'))!
      .run();
    seen.push(lengths);
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).not.toEqual(seen[2]);
});

test('no vectors are refused: they would prove nothing', () => {
  expect(() => codecVectors('codec', lengthPrefixed(), [])).toThrow('no vectors');
});
