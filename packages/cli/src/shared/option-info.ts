/** What becomes of an option of the program that a command stands for. */
export type Effect =
  /** It does what it does there. */
  | 'works'
  /** It is taken, and a warning says that it has no effect, and why that does no harm. */
  | 'none'
  /** The server does not start with it. */
  | 'refused';

export interface OptionInfo {
  readonly short?: string;
  readonly long: string;
  /** What its value is called; without, it has none. */
  readonly value?: string;
  readonly effect: Effect;
  /** What it does; of one without effect, why it needs none; of one that is refused, why. */
  readonly text: string;
}
