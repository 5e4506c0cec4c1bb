/** A number, or the range to draw one from, both ends included. */
export type Amount = number | readonly [min: number, max: number];

/**
 * What goes wrong in one direction. Of `resetAfter`, `endAfter`, `blackHole` and `stallAfter` the one with the fewest bytes
 * happens, and 0 bytes are at once. All bytes are counted as they are forwarded.
 */
export interface LinkFaults {
  /** Each chunk is forwarded so many milliseconds after it came; the order is kept. */
  readonly delay?: Amount;
  /** Pieces of 1 to so many bytes, each written in a turn of its own. The same seed cuts in the same places. */
  readonly split?: number;
  /** What comes within so many milliseconds of a first chunk is forwarded with it as one. */
  readonly coalesce?: number;
  /** Bytes per second, above 0. The sender feels it. */
  readonly bandwidth?: number;
  /** After exactly so many bytes both sides are reset. */
  readonly resetAfter?: Amount;
  /** After exactly so many bytes the target is told that the source has ended. What still comes is dropped. */
  readonly endAfter?: Amount;
  /** After exactly so many bytes the target is told nothing any more, no end either. What still comes is dropped. */
  readonly blackHole?: Amount;
  /** After exactly so many bytes nothing more is read from the source. */
  readonly stallAfter?: Amount;
  /** The target never learns that the source has ended or broken off. */
  readonly halfOpen?: boolean;
}

/** What goes wrong on a link: in both directions, and over that in the direction of the upstream and in that of the client. */
export interface Faults extends LinkFaults {
  readonly up?: LinkFaults;
  readonly down?: LinkFaults;
}

/** The faults of one direction. */
export function faultsOf(direction: 'up' | 'down', { up, down, ...both }: Faults): LinkFaults {
  return { ...both, ...(direction === 'up' ? up : down) };
}

/** An integer out of `amount`. */
export function draw(amount: Amount, random: () => number): number {
  if (typeof amount === 'number') return amount;
  const [min, max] = amount;
  return min + Math.floor(random() * (max - min + 1));
}
