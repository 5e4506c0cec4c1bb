import type { Missing } from '../report/report.ts';

/** Does its work once. It gives back nothing: a number that is given back would be counted as memory. */
export type Work = () => void | Promise<void>;

/** Something that does the work of a row. */
export interface Doer {
  /** How many operations one call of `work` is. Default 1. */
  readonly operations?: number | undefined;
  readonly work: Work;
  /** What comes out: bytes, or fields of a message; to be equal to what the row says. */
  gives(): unknown;
}

/** Makes what does the work; throws when there is no way. */
export type MakeDoer = () => Doer | Promise<Doer>;

/** One thing that a codec does, and who else does it. */
export interface Row {
  /** With the codec in front: `lines: decode string, 64 B`. */
  readonly name: string;
  /** What everyone has to give. */
  readonly gives: unknown;
  readonly ours: MakeDoer;
  readonly byHand?: MakeDoer | undefined;
  /** How many times as long as by hand ours takes at most. */
  readonly most?: number | undefined;
  /** Packages that do the same, by name. */
  readonly peers?: Readonly<Record<string, MakeDoer>> | undefined;
  /** How many times as fast as each of them ours is at least. */
  readonly least?: number | undefined;
  /** Other ways to do the same, which are measured for their time alone. */
  readonly also?: Readonly<Record<string, MakeDoer>> | undefined;
}

/** The rows of a codec, which are warmed up together: a program does not get messages of one kind alone. */
export interface CodecRows {
  readonly rows: readonly Row[];
  /** What packages cannot do. */
  readonly missing?: readonly Missing[] | undefined;
  readonly notes?: readonly string[] | undefined;
}
