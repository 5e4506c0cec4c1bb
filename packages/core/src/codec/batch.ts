import type { Slab } from './slab.ts';

/** What a writer has taken out of it: bytes in order, and the region of the slab that has to be given back. */
export interface Batch {
  /** One segment, or several that a writev can send. */
  readonly segments: Uint8Array | Uint8Array[];
  /** Bytes of all segments together. */
  readonly size: number;
  /** The slab that the region is in. */
  readonly slab: Slab;
  /** Where the region in the slab ends. */
  readonly end: number;
}
