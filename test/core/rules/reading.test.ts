import { Buffer } from 'node:buffer';

import { line } from '@wirewright/codec-line';
import {
  type ByteReader,
  type ByteView,
  type Codec,
  type CodecFactory,
  decodeNext,
  DiscardedFrame,
  encodeMessage,
  FrameTooLargeError,
  lengthPrefixed,
  ProtocolError,
  ByteReader as Reader,
} from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

/** Memory of its own, as a chunk from a socket has it. */
function chunk(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

function decoder<In>(decode: (input: ByteReader) => In | undefined, more: Partial<Codec<In>> = {}): CodecFactory<In> {
  return () => ({ decode, encode: () => {}, ...more });
}

describe('1. What decoding comes to', () => {
  test('A decoded message reaches onRead, undefined waits for more bytes, and a throw closes that connection alone.', async () => {
    const picky = decoder((input) => {
      if (input.u8(0) === 0x21) throw new ProtocolError('no shouting');
      return input.length < 2 ? undefined : input.latin1(2);
    });
    const other = embed(picky);
    const embedded = embed(picky);
    embedded.feed('a');
    expect(embedded.messages).toEqual([]);
    embedded.feed('bcd!e');
    expect(embedded.messages).toEqual(['ab', 'cd']);
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_PROTOCOL', message: 'no shouting' }]);
    expect(embedded.errors[0]).toBeInstanceOf(ProtocolError);
    await embedded.end().settled();
    expect(embedded.closeReasons).toEqual(['protocol-error']);
    other.feed('ok');
    expect(other.messages).toEqual(['ok']);
    expect(other.errors).toEqual([]);
  });

  test('A message that is malformed but framed is a message.', () => {
    const numbers: CodecFactory<number | { malformed: string }, string> = () => {
      const lines = line()();
      return {
        decode(input) {
          const text = lines.decode(input);
          if (text === undefined) return undefined;
          return Number.isNaN(Number(text)) ? { malformed: text } : Number(text);
        },
        encode: (text, output) => lines.encode(text, output),
      };
    };
    const embedded = embed(numbers, {
      onRead: (connection, message) =>
        connection.send(typeof message === 'number' ? `${message * 2}` : 'CLIENT_ERROR not a number'),
    });
    embedded.feed('1\ntwo\n3\n');
    expect(embedded.sent().toString()).toBe('2\nCLIENT_ERROR not a number\n6\n');
    expect(embedded.errors).toEqual([]);
  });
});

describe('2. Progress', () => {
  test('A message that consumed no byte is an error, not an endless loop.', () => {
    const embedded = embed(decoder((input) => input.u8(0)));
    embedded.feed('a');
    expect(embedded.messages).toEqual([]);
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_CODEC_STUCK' }]);

    const ending = embed(
      decoder((input) => input.need(1000), { decodeEnd: () => 7 }),
      {},
      {},
    );
    ending.end();
    expect(ending.messages).toEqual([7]);
    expect(ending.errors).toEqual([]);
  });

  test('Consuming bytes without a message is progress.', () => {
    const skipsSpaces = decoder((input) => {
      if (input.u8(0) === 0x20) return input.skip(1) as undefined;
      return input.latin1(1);
    });
    const embedded = embed(skipsSpaces);
    embedded.feed('  a b   ').feed(' c');
    expect(embedded.messages).toEqual(['a', 'b', 'c']);
  });

  test('What a codec discards it reports as a message in its place.', () => {
    const embedded = embed(line({ maxLength: 4, onTooLong: 'discard' }));
    embedded.feed('ok\ntoo ').feed('long').feed(' by far\nfine\n');
    expect(embedded.messages).toEqual(['ok', new DiscardedFrame(15, 4), 'fine']);
    expect(embedded.errors).toEqual([]);
  });
});

describe('3. Asking for bytes', () => {
  test('After need(n) the codec is not asked again below n bytes.', () => {
    const asked: number[] = [];
    const embedded = embed(
      decoder((input) => {
        asked.push(input.length);
        return input.length < 5 ? input.need(5) : input.latin1(5);
      }),
    );
    for (const byte of 'abcdefghij') embedded.feed(byte);
    expect(embedded.messages).toEqual(['abcde', 'fghij']);
    expect(asked).toEqual([1, 5, 1, 5]);
  });

  test('need(n) above the frame limit is refused before anything is allocated.', () => {
    const embedded = embed(lengthPrefixed());
    const before = process.memoryUsage().arrayBuffers;
    embedded.feed(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE', length: 2 ** 32 - 1, limit: 2 ** 20 }]);

    // The reader itself refuses it, for codecs that do not look.
    const reader = new Reader(chunk('abcd'));
    reader.maxFrameLength = 100;
    expect(reader.need(100)).toBeUndefined();
    expect(reader.need(104, 4)).toBeUndefined();
    expect(() => reader.need(101)).toThrow(FrameTooLargeError);
    expect(() => reader.need(105, 4)).toThrow('a frame of 101 bytes is over the limit of 100');

    // And a codec that never says how much it needs is stopped all the same.
    const endless = embed(decoder(() => undefined, { maxFrameLength: 100 }));
    endless.feed('x'.repeat(100)).feed('x'.repeat(63));
    expect(endless.errors).toEqual([]);
    // What it does not say of its framing is allowed for.
    endless.feed('x');
    expect(endless.errors).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE' }]);
  });

  test('need(n) takes safe integers only.', () => {
    const reader = new Reader(chunk('abcd'));
    for (const n of [2 ** 53, Number.NaN, Infinity, -1, 1.5]) expect(() => reader.need(n)).toThrow(ProtocolError);
  });
});

describe('4. Accumulation', () => {
  test('An empty reader takes a chunk over without copying it.', () => {
    const bytes = chunk('hello');
    const reader = new Reader(bytes);
    const view = reader.view(5);
    expect(view.source).toBe(bytes);
    const next = chunk('world');
    reader.push(next);
    expect(reader.view(5).source).toBe(next);
  });

  test('Only the frame that straddles two chunks is copied.', () => {
    const received = [chunk('first\nsec'), chunk(`ond\n${'third\n'.repeat(100)}`)];
    const sources: Uint8Array[] = [];
    const embedded = embed(line({ as: 'view' }), { onRead: (_connection, view) => void sources.push(view.source) });
    for (const bytes of received) embedded.feed(bytes);
    expect(embedded.messages.map(String)).toEqual(['first', 'second', ...Array.from({ length: 100 }, () => 'third')]);
    expect(sources[0]).toBe(received[0]);
    expect(received).not.toContain(sources[1]);
    expect(sources.at(-1)).toBe(received[1]);

    // With a known length not a byte more than the frame is copied.
    const prefixed = [chunk('\0\0\0\x05ab'), chunk('cde\0\0\0\x02fg')];
    const reader = new Reader(prefixed[0]);
    const codec = lengthPrefixed({ as: 'view' })();
    expect(codec.decode(reader)).toBeUndefined();
    reader.push(prefixed[1]!);
    reader.fill();
    const straddling = codec.decode(reader)!;
    expect([String(straddling), straddling.source.length]).toEqual(['abcde', 9]);
    reader.fill();
    expect(codec.decode(reader)!.source).toBe(prefixed[1]);
  });

  test('Memory follows the bytes received, never the length claimed.', () => {
    const codec = lengthPrefixed({ maxFrameLength: 2 ** 30 })();
    const reader = new Reader(Buffer.from([0x3f, 0xff, 0xff, 0xff]));
    reader.maxFrameLength = 2 ** 30;
    let received = 4;
    for (let i = 0; i < 300; i++) {
      expect(codec.decode(reader)).toBeUndefined();
      reader.push(Buffer.allocUnsafeSlow(100));
      received += 100;
      while (reader.fill());
      expect(reader.memory).toBeLessThanOrEqual(4 * received + 256);
    }
  });

  test('Reassembly is linear in the frame.', () => {
    const copied = (frame: number, chunkSize: number): number => {
      const copy = vi.spyOn(Buffer.prototype, 'copy');
      const reader = new Reader();
      reader.maxFrameLength = frame;
      const codec = lengthPrefixed({ maxFrameLength: frame })();
      const header = Buffer.alloc(4);
      header.writeUInt32BE(frame);
      reader.push(header);
      let message = decodeNext(codec, reader);
      for (let at = 0; at < frame; at += chunkSize) {
        reader.push(Buffer.allocUnsafeSlow(Math.min(chunkSize, frame - at)));
        message = decodeNext(codec, reader);
      }
      expect(message).toHaveLength(frame);
      const bytes = copy.mock.results.reduce((sum, { value }) => sum + (value as number), 0);
      copy.mockRestore();
      return bytes;
    };
    const scanned = (frame: number, chunkSize: number): number => {
      const copy = vi.spyOn(Buffer.prototype, 'copy');
      const embedded = embed(line({ as: 'bytes', maxLength: frame }));
      for (let at = 0; at < frame; at += chunkSize) embedded.feed(Buffer.alloc(chunkSize, 'x'));
      embedded.feed('\n');
      expect(embedded.messages[0]).toHaveLength(frame);
      const bytes = copy.mock.results.reduce((sum, { value }) => sum + (value as number), 0);
      copy.mockRestore();
      return bytes;
    };
    for (const frame of [1000, 100_000, 1_600_000]) expect(scanned(frame, 10)).toBeLessThanOrEqual(3 * frame);

    // Every byte is copied once on arrival, and by each of the doublings: 1 + 1/2 + 1/4 ... times more in all.
    for (const frame of [100_000, 1_600_000, 25_600_000]) {
      expect(copied(frame, 16_384)).toBeLessThanOrEqual(3 * frame);
      if (frame < 10_000_000) expect(copied(frame, 100)).toBeLessThanOrEqual(3 * frame);
    }
  });

  test('Bytes that were handed out are never moved or rewritten.', () => {
    const kept: { view: ByteView; text: string }[] = [];
    const embedded = embed(lengthPrefixed({ as: 'view' }), {
      onRead(_connection, view) {
        // As it was handed out, before anybody retains it.
        kept.push({ view, text: String(view) });
      },
    });
    const wire = Buffer.concat(
      Array.from({ length: 200 }, (_, i) => encodeMessage(lengthPrefixed()(), `message ${i}`.repeat(i % 7))),
    );
    for (let at = 0, step = 1; at < wire.length; at += step, step = (step * 5 + 3) % 61)
      embedded.feed(Buffer.from(wire.subarray(at, at + step)));
    expect(kept).toHaveLength(200);
    for (const { view, text } of kept) expect(String(view)).toBe(text);

    const taken = embed(lengthPrefixed());
    for (const byte of wire) taken.feed(Buffer.from([byte]));
    expect(taken.messages.map(String)).toEqual(kept.map(({ text }) => text));
  });

  test('However many tiny chunks are pending, two buffers hold them.', () => {
    const reader = new Reader();
    reader.need(100_000);
    for (let i = 0; i < 10_000; i++) {
      reader.push(chunk('x'));
      if (i % 3 === 0) reader.fill();
    }
    expect(reader.buffered).toBe(10_000);
    // 10,000 chunks of one byte, each with the memory of its own that a socket gives it, would be far more.
    expect(reader.memory).toBeLessThan(40_000);
  });

  test('An empty reader holds no chunk.', () => {
    const embedded = embed(line());
    const reader = new Reader(chunk('abc'));
    reader.skip(3);
    expect(reader.memory).toBe(3);
    reader.fill();
    expect(reader.memory).toBe(0);
    reader.push(chunk(`${'x'.repeat(10_000)}rest`));
    reader.skip(10_000);
    reader.park();
    expect(reader.memory).toBeLessThan(1000);
    expect(reader.latin1(4)).toBe('rest');
    embedded.feed('abc\n');
    expect(embedded.messages).toEqual(['abc']);
  });

  test('A search never finds what lies beyond the bytes received.', () => {
    const reader = new Reader(chunk('ab\n'));
    reader.need(10);
    reader.push(chunk('cd\nef'));
    while (reader.fill());
    // The assembly buffer has room behind the end, in which anything may lie.
    reader.skip(6);
    expect(reader.indexOf(0x0a)).toBe(-1);
    expect(reader.indexOf(0x65)).toBe(0);
    expect(reader.indexOf(0x65, 5)).toBe(-1);
    expect(() => reader.u8(2)).toThrow(RangeError);
    expect(() => reader.take(3)).toThrow('cannot read 3 bytes at 0 of the 2 received');
  });
});

describe('5. Bytes that last', () => {
  test('take(n) and retain() keep at most four times the bytes they return alive.', () => {
    for (const n of [1, 32, 100, 1000, 16_000, 16_384, 40_000]) {
      const taken = new Reader(Buffer.allocUnsafeSlow(65_536)).take(n);
      const retained = new Reader(Buffer.allocUnsafeSlow(65_536)).view(n).retain();
      expect(taken.buffer.byteLength).toBeLessThanOrEqual(4 * n);
      expect(retained.source.buffer.byteLength).toBeLessThanOrEqual(4 * n);
      expect(Buffer.isBuffer(taken)).toBe(true);
    }
    // Large parts of a chunk are not copied.
    const large = Buffer.allocUnsafeSlow(65_536);
    expect(new Reader(large).take(16_384).buffer).toBe(large.buffer);
    // Nor do small ones out of Buffer's pool keep the pool.
    expect(new Reader(Buffer.from('a small string')).take(7).buffer.byteLength).toBeLessThanOrEqual(28);
  });

  test('A view reads the received bytes in place and is valid until its hook settles.', async () => {
    const seen: string[] = [];
    const embedded = embed(line({ as: 'view' }), {
      async onRead(_connection, view) {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(String(view));
      },
    });
    for (const byte of 'one\ntwo\nthree\n') embedded.feed(byte);
    for (let i = 0; i < 5; i++) await embedded.settled();
    expect(seen).toEqual(['one', 'two', 'three']);
  });
});

describe('6. The read loop', () => {
  test('The loop looks at the codec again for every message.', () => {
    const embedded = embed(line(), {
      onRead(connection, text) {
        if (text === 'UPGRADE') connection.setCodec(lengthPrefixed({ width: 1, as: 'string' }));
      },
    });
    embedded.feed('hello\nUPGRADE\n\x05a\nb\nc\x01\n');
    expect(embedded.messages).toEqual(['hello', 'UPGRADE', 'a\nb\nc', '\n']);
  });

  test('Bytes left over when the codec is swapped go to the new codec at once.', async () => {
    const later: string[] = [];
    const embedded = embed(line(), {
      onRead(connection, text) {
        if (text === 'WAIT') connection.pause();
      },
    });
    embedded.feed('WAIT\n\x02ab\x02cd');
    embedded.connection
      .setCodec(lengthPrefixed({ width: 1, as: 'string' }), { onRead: (_connection, text) => later.push(text) })
      .resume();
    await embedded.settled();
    expect(later).toEqual(['ab', 'cd']);
  });

  test('The loop looks at pause again for every message, and what is paused stays bytes.', async () => {
    const embedded = embed(line(), { onRead: (connection) => connection.pause() });
    embedded.feed('a\nb\nc\n');
    expect(embedded.messages).toEqual(['a']);
    expect(embedded.paused).toBe(false);
    embedded.feed('d\n');
    expect(embedded.paused).toBe(true);
    expect(embedded.messages).toEqual(['a']);
    for (const text of ['b', 'c', 'd']) {
      embedded.connection.resume();
      await embedded.settled();
      expect(embedded.messages.at(-1)).toBe(text);
    }
  });

  test('A hook that returns a promise holds the next message until it settles; one that does not costs no promise.', async () => {
    const events: string[] = [];
    const embedded = embed(line(), {
      onRead(_connection, text) {
        events.push(`${text} begins`);
        if (text === 'sync') return undefined;
        return new Promise<void>((resolve) => {
          setImmediate(() => {
            events.push(`${text} ends`);
            resolve();
          });
        });
      },
      onEnd: () => void events.push('end'),
    });
    embedded.feed('sync\nsync\none\ntwo\n').end();
    expect(events).toEqual(['sync begins', 'sync begins', 'one begins']);
    for (let i = 0; i < 3; i++) await embedded.settled();
    expect(events).toEqual(['sync begins', 'sync begins', 'one begins', 'one ends', 'two begins', 'two ends', 'end']);
  });

  test('After 1024 messages or 1 MiB the loop lets others have their turn.', async () => {
    const embedded = embed(line());
    embedded.feed('x\n'.repeat(3000));
    expect(embedded.messages).toHaveLength(1024);
    await embedded.settled();
    await embedded.settled();
    expect(embedded.messages).toHaveLength(3000);

    const large = embed(lengthPrefixed());
    const frame = encodeMessage(lengthPrefixed()(), Buffer.alloc(600_000));
    large.feed(Buffer.concat([frame, frame, frame]));
    expect(large.messages).toHaveLength(2);
    await large.settled();
    expect(large.messages).toHaveLength(3);
  });

  test('At end of input come the last messages, then onEnd, then the close.', async () => {
    const events: string[] = [];
    const embedded = embed(line(), {
      async onRead(_connection, text) {
        await Promise.resolve();
        events.push(text);
      },
      onEnd: (connection) => {
        events.push('end');
        connection.send('bye');
      },
      onClose: (_connection, reason) => void events.push(reason),
    });
    embedded.feed('a\nb\nlast').end();
    await embedded.settled();
    await embedded.settled();
    expect(events).toEqual(['a', 'b', 'last', 'end', 'peer']);
    expect(embedded.sent().toString()).toBe('bye\n');

    const half = embed(line(), {}, { halfOpen: true });
    half.feed('a\n').end();
    await half.settled();
    half.connection.send('still here');
    expect(half.sent().toString()).toBe('still here\n');
    expect(half.closeReasons).toEqual([]);
  });
});

describe('12. Limits', () => {
  test('The frame limit is on by default.', () => {
    const framed = embed(lengthPrefixed());
    framed.feed(Buffer.from([0, 0x10, 0, 1]));
    expect(framed.errors).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE', limit: 1024 * 1024 }]);
    const lines = embed(line());
    lines.feed('x'.repeat(16 * 1024 + 2));
    expect(lines.errors).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE', limit: 16 * 1024 }]);
    const custom = embed(decoder(() => undefined));
    custom.feed(Buffer.alloc(1024 * 1024 + 64));
    expect(custom.errors).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE', limit: 1024 * 1024 }]);
  });
});
