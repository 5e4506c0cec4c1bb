import type { ByteWriter } from '@wirewright/core/codec';

import type { Uint64 } from './numbers.ts';

const ZERO = 0x30;

/** Appends an unsigned integer in digits. For the short ones, which most are, that takes less time than a text of them would. */
export function writeDecimal(value: Uint64, output: ByteWriter): void {
  if (value >= 100_000) {
    output.latin1(String(value));
    return;
  }
  const small = value as number;
  let scale = small < 10 ? 1 : small < 100 ? 10 : small < 1000 ? 100 : small < 10_000 ? 1000 : 10_000;
  let rest = small;
  for (; scale > 1; scale = (scale / 10) | 0) {
    const digit = (rest / scale) | 0;
    output.u8(ZERO + digit);
    rest -= digit * scale;
  }
  output.u8(ZERO + rest);
}
