import type { Sides } from '../side-by-side/measure-pairs.ts';
import type { PairRow } from '../side-by-side/pair-result.ts';
import type { LoadCase } from './load-case.ts';

/** Which server is measured against which, under what load. */
export interface Match extends PairRow {
  readonly load: Omit<LoadCase, 'name'>;
  /** The commands that start them, in which `{port}` is to be replaced. */
  readonly servers: Sides<readonly string[]>;
}
