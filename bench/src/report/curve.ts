/** How something grows with something else: one plot with lines. */
export interface Curve {
  /** The title of the plot. */
  readonly title: string;
  /** What grows, with its unit; on a logarithmic axis. */
  readonly x: string;
  /** What follows, with its unit. */
  readonly y: string;
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
