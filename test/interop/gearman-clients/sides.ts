import { gearmand, gearmandWith } from '../gearman/gearmand.ts';
import { oursWith } from '../gearman/ours.ts';
import type { Start } from '../gearman/server-under-test.ts';

/** A server that clients are tried on. */
export interface Side {
  readonly name: 'gearmand' | 'ours';
  readonly start: Start;
}

/** Both servers: the tests run on gearmand, too, which shows that they are right. */
export const SIDES: readonly Side[] = [
  ...(gearmand === undefined ? [] : [{ name: 'gearmand', start: gearmandWith(gearmand) } as const]),
  { name: 'ours', start: oursWith() },
];
