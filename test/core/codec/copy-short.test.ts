import { copyShort, SHORT_COPY } from '@wirewright/core/codec';
import { expect, test } from 'vitest';

test('copyShort copies every length to every place, and not a byte more', () => {
  const from = Uint8Array.from({ length: 256 }, (_, i) => i ^ 0x5a);
  for (let length = 0; length <= SHORT_COPY; length++) {
    for (const [start, at] of [
      [0, 0],
      [1, 7],
      [5, 16],
      [63, 3],
    ] as const) {
      const to = new Uint8Array(256).fill(0xee);
      copyShort(new DataView(from.buffer), start, start + length, new DataView(to.buffer), at);
      const expected = new Uint8Array(256).fill(0xee);
      expected.set(from.subarray(start, start + length), at);
      expect(to).toEqual(expected);
    }
  }
});
