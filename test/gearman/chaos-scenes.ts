import { gearmand, gearmandWith } from '../interop/gearman/gearmand.ts';
import { oursWith } from '../interop/gearman/ours.ts';
import type { Start } from '../interop/gearman/server-under-test.ts';

interface ChaosServers {
  readonly name: string;
  readonly start: Start;
  /**
   * Whether a job that waits, and whose clients are gone, is the job of whoever submits it again with its unique. gearmand has it done by nobody, and tells nobody: it is not
   * submitted again there.
   */
  readonly orphans: boolean;
}

/** The servers that the chaos is with. */
export const chaosServers: readonly ChaosServers[] = [
  { name: 'our servers', start: oursWith(), orphans: false },
  ...(gearmand === undefined
    ? []
    : [{ name: 'servers that are gearmand', start: gearmandWith(gearmand), orphans: true }]),
];
