import { Buffer } from 'node:buffer';

import { describe, expect, test } from 'vitest';

import { hexdump } from '../../../packages/core/src/observe/hexdump.ts';

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => i));

describe('hexdump()', () => {
  test('gives offset, sixteen bytes with a gap in the middle, and what is printable', () => {
    expect(hexdump(Buffer.from('The quick brown fox\0\x1f ~\x7f\x80\xff\n', 'latin1'))).toBe(
      [
        '00000000  54 68 65 20 71 75 69 63  6b 20 62 72 6f 77 6e 20  |The quick brown |',
        '00000010  66 6f 78 00 1f 20 7e 7f  80 ff 0a                 |fox.. ~....|',
      ].join('\n'),
    );
  });

  test('puts the text of a short line where that of a long one is', () => {
    for (let length = 1; length <= 16; length++) {
      const dumped = hexdump(bytes(length));
      expect(dumped.indexOf('|')).toBe(60);
      expect(dumped).toHaveLength(60 + length + 2);
    }
  });

  test('begins a line for every sixteen bytes and none for nothing', () => {
    expect(hexdump(bytes(0))).toBe('');
    expect(hexdump(bytes(16)).split('\n')).toHaveLength(1);
    expect(hexdump(bytes(17)).split('\n')).toHaveLength(2);
    expect(hexdump(Buffer.alloc(4096)).split('\n').at(-1)).toMatch(/^00000ff0 /);
  });

  test('shows as many bytes as the limit allows, and says how many more there are', () => {
    const hidden = (dumped: string): string => dumped.split('\n').slice(1).join('\n');
    expect(hexdump(bytes(20), 5)).toBe(
      '00000000  00 01 02 03 04                                    |.....|\n... 15 more bytes',
    );
    expect(hidden(hexdump(bytes(17), 16))).toBe('... 1 more byte');
    expect(hidden(hexdump(bytes(16), 16))).toBe('');
    expect(hexdump(bytes(3), 0)).toBe('... 3 more bytes');
  });

  test('shows the bytes of a part of an array, and neither reads beyond nor changes it', () => {
    const whole = Uint8Array.from(bytes(40));
    expect(hexdump(whole.subarray(32, 34))).toBe('00000000  20 21                                             | !|');
    expect(whole).toEqual(Uint8Array.from(bytes(40)));
  });
});
