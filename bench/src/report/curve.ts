/** How something grows with something else: one plot with lines. */
export interface Curve {
  /** The title of the plot. */
  readonly title: string;
  /** What was the same at all points. */
  readonly setting?: string | undefined;
  /** What grows; on a logarithmic axis. */
  readonly x: string;
  /** What follows. */
  readonly y: string;
  /** Whether these are numbers of bytes, or of bytes per second, and are told as 4 KiB or 1.2 GB. */
  readonly xOfBytes?: boolean | undefined;
  readonly yOfBytes?: boolean | undefined;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  /** The median, and between what the rounds lay. */
  readonly y: number;
  readonly low: number;
  readonly high: number;
}
