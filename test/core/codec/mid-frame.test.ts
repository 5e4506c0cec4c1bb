import { Buffer } from 'node:buffer';

import { ByteReader, type Codec, decodeEnd, decodeNext, delimited, mapCodec } from '@wirewright/core/codec';
import { codecVectors, embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { DAY, HOUR, slack } from '../connection/deadline-times.ts';

/**
 * A length in one byte, and a body of which nothing is gathered: the message is its sum. A 0 is there to keep the connection alive,
 * and no message.
 */
class Sums implements Codec<number, never> {
  #left = 0;
  #sum = 0;

  decode(input: ByteReader): number | undefined {
    if (this.#left === 0) {
      this.#left = input.u8(0);
      input.skip(1);
      if (this.#left === 0) return undefined;
    }
    while (this.#left > 0) {
      if (input.length === 0) return input.midFrame();
      this.#sum += input.u8(0);
      input.skip(1);
      this.#left--;
    }
    const sum = this.#sum;
    this.#sum = 0;
    return sum;
  }

  encode(): void {}
}

const bytes = (...all: number[]): Buffer => Buffer.from(all);

for (const { name, run } of codecVectors('a codec that consumes as it comes', () => new Sums(), [
  { name: 'one', bytes: bytes(3, 1, 2, 3), messages: [6] },
  { name: 'several', bytes: bytes(1, 9, 2, 1, 1), messages: [9, 2] },
  { name: 'cut off', bytes: bytes(1, 9, 2, 1), messages: [9], error: 'WIRE_TRUNCATED' },
])) {
  test(name, run);
}

describe('a frame that was consumed in part', () => {
  test('is unfinished until more is consumed without a word of it', () => {
    const reader = new ByteReader();
    const codec = new Sums();
    const feed = (...all: number[]): (number | undefined)[] => {
      reader.push(bytes(...all));
      return [decodeNext(codec, reader), reader.unfinished];
    };
    expect(reader.unfinished).toBe(0);
    expect(feed(3)).toEqual([undefined, 1]);
    expect(feed(1)).toEqual([undefined, 2]);
    expect(feed(1)).toEqual([undefined, 3]);
    expect(feed(1)).toEqual([3, 0]);
    // What is consumed and is no frame leaves nothing open.
    expect(feed(0)).toEqual([undefined, 0]);
    expect(feed(0, 0, 2)).toEqual([undefined, 1]);
    expect(feed(5, 5, 0)).toEqual([10, 1]);
    expect(decodeNext(codec, reader)).toBeUndefined();
    expect(reader.unfinished).toBe(0);
    // The next one counts from its own start.
    expect(feed(2, 7)).toEqual([undefined, 2]);
    expect(() => decodeEnd(codec, reader)).toThrow(expect.objectContaining({ code: 'WIRE_TRUNCATED', received: 2 }));
  });

  test('counts what is held of it, too', () => {
    const reader = new ByteReader(bytes(9, 9, 9));
    const codec: Codec<never> = {
      decode(input) {
        if (input.length > 2) input.skip(input.length - 2);
        input.midFrame();
        return input.need(3);
      },
      encode() {},
    };
    expect([decodeNext(codec, reader), reader.buffered, reader.unfinished]).toEqual([undefined, 2, 3]);
    reader.push(bytes(9));
    expect([decodeNext(codec, reader), reader.buffered, reader.unfinished]).toEqual([undefined, 2, 4]);
    expect(() => decodeEnd(codec, reader)).toThrow(expect.objectContaining({ received: 4 }));
  });

  test('may become the last message, of which no byte is left to consume', () => {
    const reader = new ByteReader(bytes(9, 1));
    const codec: Codec<number> = {
      decode(input) {
        input.skip(input.length);
        return input.midFrame();
      },
      decodeEnd: () => 1,
      encode() {},
    };
    expect(decodeNext(codec, reader)).toBeUndefined();
    expect(decodeEnd(codec, reader)).toBe(1);
    expect(() => decodeEnd({ ...codec, decodeEnd: () => undefined }, reader)).toThrow('inside a frame, 2 bytes');
  });

  test('may have been told by a message before', async () => {
    const codec: Codec<number> = {
      decode(input) {
        input.skip(1);
        input.midFrame();
        return 1;
      },
      encode() {},
    };
    const [late, ended] = [embed(() => codec), embed(() => codec)];
    late.feed(bytes(0)).advance(29_999);
    expect(late.connection.closeReason).toBeUndefined();
    late.advance(1 + slack(30_000));
    expect([late.messages, late.connection.closeReason]).toEqual([[1], 'frame-timeout']);
    ended.feed(bytes(0)).end();
    await ended.settled();
    expect(ended.errors).toMatchObject([{ code: 'WIRE_TRUNCATED', received: 0 }]);
  });

  test('is not the frame of a codec that takes over', () => {
    const embedded = embed(() => new Sums());
    embedded.feed(bytes(9, 1));
    embedded.connection.setCodec(() => new Sums());
    embedded.advance(DAY);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.destroy();
  });

  test('has no more time than another, and has all of it', () => {
    const embedded = embed(() => new Sums(), {}, { frameTimeout: 1000 });
    for (let frame = 0; frame < 10; frame++) {
      for (const byte of [3, 1, 1]) embedded.feed(bytes(byte)).advance(330);
      embedded.feed(bytes(1)).advance(HOUR);
    }
    expect(embedded.messages).toEqual(Array.from({ length: 10 }, () => 3));
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.feed(bytes(255));
    for (let at = 0; at < 9; at++) embedded.advance(100).feed(bytes(1));
    embedded.advance(99);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('frame-timeout');
  });

  test('is not begun by bytes that are no frame', () => {
    const embedded = embed(() => new Sums(), {}, { frameTimeout: 1000 });
    for (let i = 0; i < 50; i++) embedded.feed(bytes(0)).advance(900);
    embedded.advance(HOUR);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.destroy();
  });

  test('is over when it is dropped: the next one has its own time', () => {
    const none = mapCodec(delimited({ delimiter: '\n' }), { decode: () => undefined, encode: () => '' });
    const embedded = embed(none, {}, { frameTimeout: 1000 });
    for (let i = 0; i < 60; i++) embedded.feed('x\nx').advance(50);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1000 + slack(1000));
    expect(embedded.connection.closeReason).toBe('frame-timeout');
  });

  test('has no time while this side does not read', () => {
    const embedded = embed(() => new Sums(), {}, { frameTimeout: 1000 });
    embedded.feed(bytes(9)).advance(500);
    embedded.connection.pause();
    embedded.advance(HOUR);
    embedded.connection.resume();
    embedded.advance(999);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('frame-timeout');
  });

  test('closes with WIRE_TRUNCATED when the input ends in it', async () => {
    const embedded = embed(() => new Sums());
    embedded.feed(bytes(9, 1)).end();
    await embedded.settled();
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_TRUNCATED', received: 2 }]);
  });
});
