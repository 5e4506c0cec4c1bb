import { gearmand, gearmandWith } from '../gearman/gearmand.ts';
import { oursWith } from '../gearman/ours.ts';
import { perlServer, startPerlServer } from '../gearman/perl-server.ts';
import type { Start } from '../gearman/server-under-test.ts';

export type ServerName = 'gearmand' | 'Gearman::Server' | 'ours';

/** A server that an administrator asks. */
export interface AdminServer {
  readonly name: ServerName;
  readonly start: Start;
}

/** Those that are installed, and ours. */
export const SERVERS: readonly AdminServer[] = [
  ...(gearmand === undefined ? [] : [{ name: 'gearmand', start: gearmandWith(gearmand) } as const]),
  ...(perlServer === undefined ? [] : [{ name: 'Gearman::Server', start: startPerlServer } as const]),
  { name: 'ours', start: oursWith({ allowShutdown: true }) },
];
