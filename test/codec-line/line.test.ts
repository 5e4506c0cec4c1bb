import { Buffer } from 'node:buffer';

import { DiscardedFrame, line, type LineOptions } from '@wirewright/codec-line';
import { ByteView, type CodecFactory, encodeMessage, InvalidOptionError } from '@wirewright/core/codec';
import { type CodecVector, codecVectors } from '@wirewright/core/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

function vectors<In, Out>(name: string, factory: CodecFactory<In, Out>, list: CodecVector<In>[]): void {
  describe(name, () => {
    for (const check of codecVectors(name, factory, list)) test(check.name, check.run);
  });
}

const long = 'x'.repeat(16 * 1024);

vectors('line()', line(), [
  { name: 'lf', bytes: 'hello\nworld\n', messages: ['hello', 'world'], canonical: true },
  { name: 'crlf', bytes: 'hello\r\nworld\r\n', messages: ['hello', 'world'] },
  { name: 'both', bytes: 'a\nb\r\nc\n', messages: ['a', 'b', 'c'] },
  { name: 'empty lines', bytes: '\n\r\n\n', messages: ['', '', ''] },
  { name: 'a lone CR is text', bytes: 'a\rb\n\r\r\n', messages: ['a\rb', '\r'] },
  { name: 'utf-8', bytes: 'grüße\n漢字\n👋\n', messages: ['grüße', '漢字', '👋'], canonical: true },
  { name: 'invalid utf-8', bytes: Buffer.from('a\xffb\n', 'latin1'), messages: ['a\ufffdb'] },
  {
    name: 'many lines of 60, text decoded in advance',
    bytes: `${'0123456789'.repeat(6)}\n`.repeat(20),
    messages: Array.from({ length: 20 }, () => '0123456789'.repeat(6)),
    canonical: true,
  },
  {
    name: 'ascii, then not',
    bytes: `${'a'.repeat(40)}\n${'b'.repeat(40)}\n${'ä'.repeat(40)}\n${'c'.repeat(40)}\n${'d'.repeat(40)}\n`,
    messages: ['a', 'b', 'ä', 'c', 'd'].map((character) => character.repeat(40)),
    canonical: true,
  },
  { name: 'the limit itself', bytes: `${long}\n`, messages: [long], canonical: true },
  { name: 'the limit itself with crlf', bytes: `${long}\r\n`, messages: [long] },
  { name: 'one more', bytes: `ok\n${long}x\n`, messages: ['ok'], error: 'WIRE_FRAME_TOO_LARGE' },
  { name: 'a last line without its end', bytes: 'a\nlast', messages: ['a'], last: 'last' },
  { name: 'a last line with half an end', bytes: 'a\nlast\r', messages: ['a'], last: 'last' },
]);

vectors('line({ newline: crlf })', line({ newline: 'crlf' }), [
  { name: 'crlf', bytes: 'a\r\nb\r\n', messages: ['a', 'b'], canonical: true },
  { name: 'lf ends a line, too', bytes: 'a\nb\n', messages: ['a', 'b'] },
]);

vectors('line({ newline: crlf, strict })', line({ newline: 'crlf', strict: true }), [
  { name: 'crlf', bytes: 'a\r\nb\r\n', messages: ['a', 'b'], canonical: true },
  { name: 'a lone LF is text', bytes: 'a\nb\r\n', messages: ['a\nb'] },
  { name: 'a lone CR is text', bytes: 'a\rb\r\r\n', messages: ['a\rb\r'] },
]);

vectors('line({ strict })', line({ strict: true }), [
  { name: 'CR belongs to the line', bytes: 'a\r\nb\n', messages: ['a\r', 'b'], canonical: true },
]);

vectors('line({ as: bytes })', line({ as: 'bytes' }), [
  { name: 'bytes', bytes: 'ab\r\n\ncd\n', messages: [Buffer.from('ab'), Buffer.from(''), Buffer.from('cd')] },
  { name: 'lf', bytes: 'ab\ncd\n', messages: [Buffer.from('ab'), Buffer.from('cd')], canonical: true },
]);

vectors('line({ as: view })', line({ as: 'view' }), [
  { name: 'views', bytes: 'ab\r\n\ncd\n', messages: [view('ab'), view(''), view('cd')] },
  { name: 'lf', bytes: 'ab\ncd\n', messages: [view('ab'), view('cd')], canonical: true },
]);

vectors('line({ encoding: latin1 })', line({ encoding: 'latin1' }), [
  { name: 'latin1', bytes: Buffer.from('gr\xfc\xdfe\n', 'latin1'), messages: ['grüße'], canonical: true },
]);

vectors('line({ onTooLong: discard })', line({ maxLength: 8, onTooLong: 'discard' }), [
  {
    name: 'exactly one report for each over-long line, in its place',
    bytes: `ok\n123456789\n12345678\r\n${'y'.repeat(5000)}\r\n\n`,
    messages: ['ok', new DiscardedFrame(9, 8), '12345678', new DiscardedFrame(5000, 8), ''],
  },
  { name: 'over-long at end of input', bytes: 'ok\n123456789', messages: ['ok'], last: new DiscardedFrame(9, 8) },
]);

vectors('line({ unterminated: error })', line({ unterminated: 'error' }), [
  { name: 'a last line without its end', bytes: 'a\nlast', messages: ['a'], error: 'WIRE_TRUNCATED' },
]);

function view(text: string): ByteView {
  return new ByteView(Buffer.from(text));
}

describe('encoding', () => {
  test('text, bytes and views are all lines, whatever lines are decoded as', () => {
    for (const as of ['string', 'bytes', 'view'] as const) {
      const codec = line({ as })();
      expect(encodeMessage(codec, 'grüße').toString()).toBe('grüße\n');
      expect(encodeMessage(codec, Buffer.from('ab')).toString()).toBe('ab\n');
      expect(encodeMessage(codec, view('ab')).toString()).toBe('ab\n');
    }
  });

  test('a view keeps its own newline only when that is the one to send', () => {
    const received = Buffer.from('ab\r\ncd\n');
    const codec = line({ as: 'view', newline: 'crlf' })();
    expect(encodeMessage(codec, new ByteView(received, 0, 2, 2)).toString()).toBe('ab\r\n');
    expect(encodeMessage(codec, new ByteView(received, 4, 6, 1)).toString()).toBe('cd\r\n');
  });
});

test('the options give the type of the message', () => {
  expectTypeOf(line()).toEqualTypeOf<CodecFactory<string, Uint8Array | ByteView | string>>();
  expectTypeOf(line({ newline: 'crlf' })).toEqualTypeOf<CodecFactory<string, Uint8Array | ByteView | string>>();
  expectTypeOf(line({ as: 'bytes' })).toEqualTypeOf<CodecFactory<Buffer, Uint8Array | ByteView | string>>();
  expectTypeOf(line({ as: 'view', onTooLong: 'discard' })).toEqualTypeOf<
    CodecFactory<ByteView | DiscardedFrame, Uint8Array | ByteView | string>
  >();
});

test.each<[LineOptions, string]>([
  [{ maxLenght: 3 } as LineOptions, "line() has no option 'maxLenght'"],
  [{ maxLength: 0 }, 'maxLength must be an integer of at least 1, not 0'],
  [{ newline: 'cr' as 'lf' }, "newline must be 'lf' or 'crlf', not cr"],
  [{ onTooLong: 'ignore' as 'error' }, "onTooLong must be 'error' or 'discard', not ignore"],
])('%o is refused at the call', (options, message) => {
  expect(() => line(options)).toThrow(InvalidOptionError);
  expect(() => line(options)).toThrow(message);
});
