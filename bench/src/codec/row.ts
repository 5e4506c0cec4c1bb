import type { Work } from '../interleave.ts';

/** One line of the table: ours first, then by hand. */
export interface Row {
  readonly title: string;
  /** How many times as long as by hand ours takes at most. */
  readonly most?: number;
  readonly works: ReadonlyMap<string, Work>;
}
