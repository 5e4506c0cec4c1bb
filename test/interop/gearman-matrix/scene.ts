import type { GearmanLine } from '../gearman/gearman-line.ts';
import type { Ability, Cell } from './limits.ts';
import type { ClientUnderTest } from './task-request.ts';

/** A cell of the matrix, and what a test needs to look at it. */
export interface Scene {
  readonly cell: Cell;
  readonly client: ClientUnderTest;
  /** Files of this test. */
  readonly folder: string;
  /** Another connection to the server. */
  readonly line: GearmanLine;
  /** What the server calls a function of the worker, or a unique of it. */
  readonly named: (name: string) => string;
  readonly lacks: (ability: Ability) => boolean;
  /** Waits, as long as tests may take, until it is so. */
  readonly until: (isSo: () => Promise<boolean>) => Promise<void>;
  /** How many jobs of a function there are, and how many of them run. */
  readonly running: (of: string) => Promise<{ total: number; running: number; workers: number }>;
  /** How many submits share the job of this unique. */
  readonly sharers: (of: string, unique: string) => Promise<number>;
}
