import { type Contender, MIXED, NATIVE, NPM, OURS } from './contender.ts';

/** What one row of the table measures. */
export interface JobCase {
  readonly name: string;
  /** Callers, each of which waits for its result before it submits another job. */
  readonly callers: number;
  /** Jobs that a worker may have at once, if it can have several. */
  readonly jobs: number;
  readonly contenders: readonly Contender[];
  /** The least ratio to the best of npm that is acceptable. */
  readonly bar: number;
  /** The least ratio to the generator in C that makes up for a lower one, since there is no more to be had. */
  readonly nativeBar?: number;
}

const ALL: readonly Contender[] = [OURS, ...NPM, NATIVE, ...MIXED];

/** What is measured, in this order. */
export const CASES: readonly JobCase[] = [
  { name: '1 in flight', callers: 1, jobs: 1, contenders: ALL, bar: 5 },
  { name: '64 in flight', callers: 64, jobs: 1, contenders: ALL, bar: 4, nativeBar: 0.9 },
  {
    name: '64 in flight, 64 at work',
    callers: 64,
    jobs: 64,
    // The others have no more than one.
    contenders: ALL.filter(({ worker }) => worker === 'ours' || worker === 'abraxas' || worker === 'C'),
    bar: 4,
    nativeBar: 0.9,
  },
];
