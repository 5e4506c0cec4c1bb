import { Buffer } from 'node:buffer';

import { type Batch, ByteView, ByteWriter } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

import { random } from '../../support/random.ts';

const SOURCE = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) & 255));

const bytesOf = ({ segments }: Batch): Buffer => Buffer.concat(Array.isArray(segments) ? segments : [segments]);

/** Writes something at random; returns what it should be. */
function writeSomething(writer: ByteWriter, next: () => number): Buffer[] {
  const upTo = (n: number): number => Math.floor(next() * n);
  switch (upTo(13)) {
    case 0: {
      const text = 'ü'.repeat(upTo(200));
      writer.utf8(text);
      return [Buffer.from(text)];
    }
    case 1: {
      const text = 'x'.repeat(upTo(3000));
      writer.utf8(text);
      return [Buffer.from(text)];
    }
    case 2: {
      const text = 'é'.repeat(upTo(60));
      writer.latin1(text);
      return [Buffer.from(text, 'latin1')];
    }
    case 3: {
      const bytes = SOURCE.subarray(upTo(1000), 1000 + upTo(2500));
      writer.bytes(bytes);
      return [Buffer.from(bytes)];
    }
    case 4: {
      const value = upTo(0x7fffffff);
      writer.u64(BigInt(value));
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(value));
      return [bytes];
    }
    case 9: {
      const words = Array.from({ length: 6 }, () => upTo(0x80000000) * 2);
      writer.u32s(...(words as [number, number, number, number, number, number]));
      const bytes = Buffer.alloc(24);
      words.forEach((word, i) => bytes.writeUInt32BE(word, 4 * i));
      return [bytes];
    }
    case 10: {
      // Bytes that change right afterwards.
      const bytes = Buffer.from(SOURCE.subarray(0, 3000));
      const start = upTo(1000);
      const end = start + upTo(2000);
      writer.copy(bytes, start, end);
      const copied = Buffer.from(bytes.subarray(start, end));
      bytes.fill(0);
      return [copied];
    }
    case 11:
    case 12: {
      // What is stored in the room and not filled is as if it had not been.
      const room = next() < 0.02 ? 70_000 : upTo(300);
      const at = writer.reserve(room);
      const bytes = Buffer.alloc(upTo(room + 1), upTo(256));
      writer.target.bytes.fill(0xee, at, at + room);
      writer.target.bytes.set(bytes, at);
      if (next() < 0.3) return [];
      writer.filled(at + bytes.length);
      return [bytes];
    }
    case 5:
      writer.u8(7);
      return [Buffer.from([7])];
    case 6: {
      if (next() < 0.9) return [];
      const text = 'z'.repeat(70_000);
      writer.latin1(text);
      return [Buffer.from(text)];
    }
    default: {
      // Ranges, some of which continue each other.
      const parts: Buffer[] = [];
      let start = upTo(2000);
      for (let i = 0; i < 3; i++) {
        const end = start + upTo(700);
        if (next() < 0.5) writer.range(SOURCE, start, end);
        else writer.bytes(new ByteView(SOURCE, start, end));
        parts.push(SOURCE.subarray(start, end));
        start = next() < 0.7 ? end : upTo(100);
      }
      return parts;
    }
  }
}

/** One message: some writes, and lengths that are patched in afterwards. */
function writeMessage(writer: ByteWriter, next: () => number): Buffer[] {
  writer.begin();
  const parts: Buffer[] = [];
  const lengths: { mark: number; from: number; bytes: Buffer }[] = [];
  for (let i = Math.floor(next() * 6); i > 0; i--) {
    if (next() < 0.15) {
      const bytes = Buffer.alloc(4);
      lengths.push({ mark: writer.mark(), from: 0, bytes });
      writer.u32(0);
      lengths.at(-1)!.from = writer.length;
      parts.push(bytes);
    }
    parts.push(...writeSomething(writer, next));
    for (const { mark, from, bytes } of lengths) {
      if (next() < 0.5) continue;
      writer.patch(mark, writer.length - from, 4);
      bytes.writeUInt32BE(writer.length - from);
    }
  }
  return parts;
}

describe('whatever is written, taken back and given back, the batches are what was written:', () => {
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const next = random(seed);
    for (let round = 0; round < 40; round++) {
      const writer = new ByteWriter(round % 3 === 0 ? 1024 : undefined);
      const waiting: { batch: Batch; bytes: Buffer }[] = [];
      let expected: Buffer[] = [];
      for (let message = 0; message < 150; message++) {
        const parts = writeMessage(writer, next);
        if (next() < 0.25) writer.rollback();
        else expected.push(...parts);
        if (next() > 0.1) continue;
        const batch = writer.take();
        const bytes = Buffer.concat(expected);
        expect(bytesOf(batch).equals(bytes)).toBe(true);
        expect(batch.size).toBe(bytes.length);
        expected = [];
        // Some are written at once, others wait while the slab fills on.
        if (next() < 0.5) writer.giveBack(batch, next() < 0.7);
        else waiting.push({ batch, bytes });
        if (waiting.length > 3) {
          const first = waiting.shift()!;
          expect(bytesOf(first.batch).equals(first.bytes)).toBe(true);
          writer.giveBack(first.batch, next() < 0.5);
        }
      }
    }
  });
});

test('a slab that nobody uses any more is filled again from the start', () => {
  const writer = new ByteWriter();
  const start = (): number => {
    writer.begin();
    writer.u32(1);
    const batch = writer.take();
    const at = (batch.segments as Buffer).byteOffset;
    writer.giveBack(batch, true);
    return at;
  };
  expect([start(), start(), start()]).toEqual([0, 0, 0]);
  // From above what a write in progress still reads.
  writer.begin();
  writer.u32(1);
  writer.giveBack(writer.take(), false);
  expect([start(), start()]).toEqual([4, 4]);
});

test('views that lie side by side leave as one range, as they were received', () => {
  const writer = new ByteWriter();
  for (let i = 0; i < 30; i++) {
    writer.begin();
    writer.bytes(new ByteView(SOURCE, i * 100, i * 100 + 100));
  }
  const { segments } = writer.take();
  expect(segments).toBeInstanceOf(Buffer);
  expect((segments as Buffer).buffer).toBe(SOURCE.buffer);
  expect((segments as Buffer).equals(SOURCE.subarray(0, 3000))).toBe(true);
});

test('integers that do not fit are refused, and places that were not written', () => {
  const writer = new ByteWriter();
  writer.begin();
  expect(() => writer.uint(256, 1)).toThrow('256 does not fit an unsigned integer of 1 bytes');
  expect(() => writer.uint(-1, 4)).toThrow(RangeError);
  expect(() => writer.varint(1.5)).toThrow(RangeError);
  expect(() => writer.patch(0, 1, 4)).toThrow('only bytes that were written can be patched');
  writer.uint(0x0102030405, 5, 'little');
  writer.varint(300);
  expect(writer.takeBytes().toString('hex')).toBe('0504030201ac02');
});

test('what is neither text nor bytes is refused, and spoils nothing', () => {
  const writer = new ByteWriter();
  for (const wrong of [42, undefined, null, Symbol('x'), {}, ['a']] as never[]) {
    expect(() => writer.utf8(wrong)).toThrow(TypeError);
    expect(() => writer.latin1(wrong)).toThrow(TypeError);
    expect(() => writer.bytes(wrong)).toThrow(TypeError);
  }
  writer.utf8('whole');
  expect(writer.size).toBe(5);
  expect(writer.takeBytes().toString()).toBe('whole');
});

test('no more is filled than was reserved', () => {
  const writer = new ByteWriter();
  writer.begin();
  const at = writer.reserve(4);
  expect(() => writer.filled(at + 5)).toThrow('more was filled than was reserved');
  writer.target.view.setUint32(at, 0x01020304);
  writer.filled(at + 4);
  expect(() => writer.filled(at + 5)).toThrow(RangeError);
  expect(writer.takeBytes().toString('hex')).toBe('01020304');
});
