import type { CasWords } from '../store/store.ts';

/** A cas as one number of 64 bits. */
export function casOf({ casHigh, casLow }: CasWords): bigint {
  return (BigInt(casHigh) << 32n) | BigInt(casLow);
}
