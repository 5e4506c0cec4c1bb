import type { Uint64 } from './uint64.ts';

/** A cas in two halves, as a {@link BinaryRequest} and a {@link BinaryResponse} have it: to carry it on takes no bigint. */
export interface CasWords {
  /** The high 32 bits. */
  readonly casHigh: number;
  /** The low 32 bits. */
  readonly casLow: number;
}

/** A cas that is to be sent: a number, a bigint, or something that has one, such as the response that it came with. */
export type Cas = Uint64 | CasWords;
