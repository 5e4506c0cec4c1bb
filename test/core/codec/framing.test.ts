import { Buffer } from 'node:buffer';

import {
  type CodecFactory,
  delimited,
  type DelimitedOptions,
  DiscardedFrame,
  encodeMessage,
  fixedLength,
  InvalidOptionError,
  lengthPrefixed,
  type LengthPrefixedOptions,
  mapCodec,
  varintPrefixed,
} from '@wirewright/core/codec';
import { type CodecVector, codecVectors } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

function vectors<In, Out>(name: string, factory: CodecFactory<In, Out>, list: CodecVector<In>[]): void {
  describe(name, () => {
    for (const check of codecVectors(name, factory, list)) test(check.name, check.run);
  });
}

vectors('lengthPrefixed()', lengthPrefixed(), [
  {
    name: 'three bodies, one of them empty',
    bytes: bytes('\0\0\0\x03abc\0\0\0\0\0\0\0\x01d'),
    messages: [bytes('abc'), bytes(''), bytes('d')],
    canonical: true,
  },
  {
    name: 'a claim of 4 GiB behind a frame',
    bytes: bytes('\0\0\0\x01a\xff\xff\xff\xff'),
    messages: [bytes('a')],
    error: 'WIRE_FRAME_TOO_LARGE',
  },
  {
    name: 'a body of 600 bytes',
    bytes: bytes(`\0\0\x02\x58${'x'.repeat(600)}`),
    messages: [bytes('x'.repeat(600))],
    canonical: true,
  },
]);

for (const width of [1, 2, 3, 4, 5, 6, 7, 8]) {
  const big = Buffer.alloc(width);
  big[width - 1] = 2;
  const little = Buffer.alloc(width);
  little[0] = 2;
  vectors(`lengthPrefixed({ width: ${width} })`, lengthPrefixed({ width }), [
    { name: 'big-endian', bytes: Buffer.concat([big, bytes('ab')]), messages: [bytes('ab')], canonical: true },
  ]);
  vectors(
    `lengthPrefixed({ width: ${width}, endian: 'little' })`,
    lengthPrefixed({ width, endian: 'little', as: 'string' }),
    [{ name: 'little-endian', bytes: Buffer.concat([little, bytes('ab')]), messages: ['ab'], canonical: true }],
  );
}

vectors('lengthPrefixed() with a length above 2^53', lengthPrefixed({ width: 8 }), [
  {
    name: 'is over any limit',
    bytes: bytes('\xff\xff\xff\xff\xff\xff\xff\xff'),
    messages: [],
    error: 'WIRE_FRAME_TOO_LARGE',
  },
]);

vectors('lengthPrefixed() with a header', lengthPrefixed({ offset: 2, width: 2, keepHeader: true }), [
  {
    name: 'the header is part of the message',
    bytes: bytes('HI\0\x03abcHO\0\0'),
    messages: [bytes('HI\0\x03abc'), bytes('HO\0\0')],
    canonical: true,
  },
]);

vectors('lengthPrefixed() with a header that is dropped', lengthPrefixed({ offset: 2, width: 2, as: 'string' }), [
  { name: 'the header is dropped', bytes: bytes('HI\0\x03abc'), messages: ['abc'] },
  { name: 'the header is sent as zeros', bytes: bytes('\0\0\0\x03abc'), messages: ['abc'], canonical: true },
]);

vectors('lengthPrefixed({ includesHeader })', lengthPrefixed({ width: 2, includesHeader: true, as: 'string' }), [
  { name: 'the field counts itself', bytes: bytes('\0\x05abc\0\x02'), messages: ['abc', ''], canonical: true },
  { name: 'a field that is too small for itself', bytes: bytes('\0\x01'), messages: [], error: 'WIRE_PROTOCOL' },
]);

vectors('lengthPrefixed({ adjustment })', lengthPrefixed({ width: 1, adjustment: 2, as: 'string' }), [
  { name: 'two bytes more than the field says', bytes: bytes('\x01abc'), messages: ['abc'], canonical: true },
]);

vectors('lengthPrefixed({ maxFrameLength })', lengthPrefixed({ width: 1, maxFrameLength: 3, as: 'string' }), [
  { name: 'the limit itself', bytes: bytes('\x03abc'), messages: ['abc'], canonical: true },
  { name: 'one more', bytes: bytes('\x03abc\x04abcd'), messages: ['abc'], error: 'WIRE_FRAME_TOO_LARGE' },
  { name: 'cut off', bytes: bytes('\x03ab'), messages: [], error: 'WIRE_TRUNCATED' },
]);

vectors('varintPrefixed()', varintPrefixed({ as: 'string' }), [
  { name: 'one byte of length', bytes: bytes('\x03abc\0\x01d'), messages: ['abc', '', 'd'], canonical: true },
  {
    name: 'two bytes of length',
    bytes: bytes(`\xac\x02${'x'.repeat(300)}`),
    messages: ['x'.repeat(300)],
    canonical: true,
  },
  { name: 'a padded length', bytes: bytes('\x83\x80\x80\x80\x80\x80\x80\x80\x80\0abc'), messages: ['abc'] },
  {
    name: 'a varint of 11 bytes',
    bytes: bytes('\x01a\x83\x80\x80\x80\x80\x80\x80\x80\x80\x80\0abc'),
    messages: ['a'],
    error: 'WIRE_PROTOCOL',
  },
  {
    name: 'a claim of 2^63',
    bytes: bytes('\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01'),
    messages: [],
    error: 'WIRE_FRAME_TOO_LARGE',
  },
  { name: 'over 1 MiB by one', bytes: bytes('\x81\x80\x40'), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
  { name: 'cut off in the length', bytes: bytes('\x80'), messages: [], error: 'WIRE_TRUNCATED' },
]);

vectors('fixedLength()', fixedLength(3, { as: 'string' }), [
  { name: 'three frames', bytes: bytes('abcdefghi'), messages: ['abc', 'def', 'ghi'], canonical: true },
  { name: 'cut off', bytes: bytes('abcde'), messages: ['abc'], error: 'WIRE_TRUNCATED' },
]);

vectors('delimited()', delimited({ delimiter: '\0', as: 'bytes', maxFrameLength: 4 }), [
  { name: 'one byte', bytes: bytes('ab\0\0cd\0'), messages: [bytes('ab'), bytes(''), bytes('cd')], canonical: true },
  { name: 'the limit itself', bytes: bytes('abcd\0'), messages: [bytes('abcd')], canonical: true },
  { name: 'one more', bytes: bytes('a\0abcde\0'), messages: [bytes('a')], error: 'WIRE_FRAME_TOO_LARGE' },
  { name: 'far more, and no delimiter', bytes: bytes('a'.repeat(5000)), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
  { name: 'cut off', bytes: bytes('ab\0c'), messages: [bytes('ab')], error: 'WIRE_TRUNCATED' },
]);

vectors('delimited() with a long delimiter', delimited({ delimiter: '--==--', as: 'string', maxFrameLength: 12 }), [
  { name: 'near misses', bytes: bytes('a--==-b--==----==--'), messages: ['a--==-b', ''], canonical: true },
  {
    name: 'a delimiter that begins with its own end',
    bytes: bytes('x----==--y--==--'),
    messages: ['x--', 'y'],
    canonical: true,
  },
  { name: 'too long', bytes: bytes('0123456789abc--==--'), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
]);

vectors(
  'delimited({ onTooLong: discard })',
  delimited({ delimiter: '\r\n', as: 'string', maxFrameLength: 3, onTooLong: 'discard' }),
  [
    {
      name: 'one report for each',
      bytes: bytes('ok\r\ntoo long\r\n\r\nfour\r\nend\r\n'),
      messages: ['ok', new DiscardedFrame(8, 3), '', new DiscardedFrame(4, 3), 'end'],
    },
    {
      name: 'very long',
      bytes: bytes(`${'x'.repeat(3000)}\r\nok\r\n`),
      messages: [new DiscardedFrame(3000, 3), 'ok'],
    },
    { name: 'at end of input', bytes: bytes('ok\r\ntoo long'), messages: ['ok'], last: new DiscardedFrame(8, 3) },
  ],
);

const json = mapCodec(lengthPrefixed({ width: 2, as: 'string' }), {
  decode: (text): unknown => JSON.parse(text),
  encode: JSON.stringify,
});

vectors('mapCodec()', json, [
  { name: 'json in frames', bytes: bytes('\0\x07{"a":1}\0\x04null'), messages: [{ a: 1 }, null], canonical: true },
  { name: 'what the mapping throws', bytes: bytes('\0\x01}'), messages: [], error: 'WIRE_DECODE_FAILED' },
]);

vectors(
  'mapCodec() on a codec with an end',
  mapCodec(delimited({ delimiter: ',', as: 'string', unterminated: 'message' }), { decode: Number, encode: String }),
  [
    { name: 'numbers', bytes: bytes('1,2,'), messages: [1, 2], canonical: true },
    { name: 'the last without its delimiter', bytes: bytes('1,2'), messages: [1], last: 2 },
  ],
);

describe('encoding', () => {
  test('a body over the limit is refused where it is sent', () => {
    const codec = lengthPrefixed({ maxFrameLength: 3 })();
    expect(() => encodeMessage(codec, 'abcd')).toThrow('over the limit of 3');
    expect(() => encodeMessage(varintPrefixed({ maxFrameLength: 3 })(), 'abcd')).toThrow('over the limit of 3');
  });

  test('a body that the length field cannot count is refused', () => {
    expect(() => encodeMessage(lengthPrefixed({ width: 1 })(), Buffer.alloc(256))).toThrow('does not fit');
  });

  test('a frame of another length is refused', () => {
    expect(() => encodeMessage(fixedLength(3)(), 'ab')).toThrow('3 bytes here, not 2');
  });

  test('a large body behind a kept header is patched and sent by reference', () => {
    const frame = Buffer.alloc(5000, 'x');
    frame.write('HI\0\0');
    const encoded = encodeMessage(lengthPrefixed({ offset: 2, width: 2, keepHeader: true })(), frame);
    expect(encoded.readUInt16BE(2)).toBe(4996);
    expect(encoded.subarray(4)).toEqual(frame.subarray(4));
    expect(frame.readUInt16BE(2)).toBe(0);
  });
});

describe('options', () => {
  test.each<[string, () => unknown, string]>([
    [
      'an unknown option',
      () => lengthPrefixed({ max: 3 } as LengthPrefixedOptions),
      "lengthPrefixed() has no option 'max'",
    ],
    ['a width of 9', () => lengthPrefixed({ width: 9 }), 'width must be an integer from 1 to 8, not 9'],
    ['a width of 1.5', () => lengthPrefixed({ width: 1.5 }), 'width must be an integer from 1 to 8, not 1.5'],
    [
      'a negative limit',
      () => varintPrefixed({ maxFrameLength: -1 }),
      'maxFrameLength must be an integer of at least 0, not -1',
    ],
    ['an empty delimiter', () => delimited({ delimiter: '' }), 'delimiter must be text or bytes, at least one'],
    ['no delimiter', () => delimited({} as DelimitedOptions), 'delimiter must be text or bytes, at least one'],
    ['an empty delimiter to send', () => delimited({ delimiter: ';', sent: '' }), 'sent must be text or bytes'],
    ['a word to leave out', () => delimited({ delimiter: ';', optional: 'ab' }), 'optional must be one character'],
    [
      'a form that does not exist',
      () => fixedLength(3, { as: 'text' as 'string' }),
      "as must be 'bytes' or 'view' or 'string', not text",
    ],
    [
      'an encoding that does not exist',
      () => fixedLength(3, { as: 'string', encoding: 'utf16' as 'utf8' }),
      "encoding must be 'utf8' or 'latin1'",
    ],
    [
      'an endianness that does not exist',
      () => lengthPrefixed({ endian: 'middle' as 'big' }),
      "endian must be 'big' or 'little', not middle",
    ],
    ['no frame length', () => fixedLength(0), 'length must be an integer of at least 1, not 0'],
  ])('%s is refused at the call', (_name, call, message) => {
    expect(call).toThrow(InvalidOptionError);
    expect(call).toThrow(message);
  });
});

test('a mapping drops a frame by returning undefined', () => {
  const even = mapCodec(fixedLength(1, { as: 'string' }), {
    decode: (text) => (Number(text) % 2 === 0 ? Number(text) : undefined),
    encode: String,
  });
  for (const { run } of codecVectors('even', even, [
    { name: 'digits', bytes: '0123456', messages: [0, 2, 4, 6] },
  ]).slice(0, 4))
    run();
});
