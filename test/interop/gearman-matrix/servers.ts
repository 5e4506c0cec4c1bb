import { program } from '../../support/programs.ts';
import type { GearmanLine } from '../gearman/gearman-line.ts';
import { gearmandWith } from '../gearman/gearmand.ts';
import { oursWith } from '../gearman/ours.ts';
import { linesOf, PACKETS, request } from '../gearman/packets.ts';
import { perlServer, startPerlServer } from '../gearman/perl-server.ts';
import type { Start } from '../gearman/server-under-test.ts';
import type { ServerName } from './limits.ts';

/** A server of the matrix. */
export interface MatrixServer {
  readonly name: ServerName;
  /** Missing if it is not installed. */
  readonly start: Start | undefined;
  /** How many submits share the job of this unique. */
  readonly sharers: (line: GearmanLine, of: string, unique: string) => Promise<number>;
}

async function sharersByPacket(line: GearmanLine, _of: string, unique: string): Promise<number> {
  line.send(request(PACKETS.GET_STATUS_UNIQUE, unique));
  const { bytes } = await line.fence();
  return Number(linesOf(bytes)[0]!.split('|').at(-1));
}

async function sharersByLine(line: GearmanLine, of: string, unique: string): Promise<number> {
  line.send(Buffer.from('jobs\n'));
  const { bytes } = await line.fence();
  const rows = bytes.toString('latin1').split('\n');
  const row = rows.map((text) => text.split('\t')).find(([name, key]) => name === of && key === unique);
  return Number(row?.[3] ?? 0);
}

const gearmand = program('gearmand', 'gearman-job-server');

export const GEARMAND: MatrixServer = {
  name: 'gearmand',
  start: gearmand === undefined ? undefined : gearmandWith(gearmand),
  sharers: sharersByPacket,
};

export const OURS: MatrixServer = { name: 'ours', start: oursWith(), sharers: sharersByPacket };

export const PERL: MatrixServer = {
  name: 'perl',
  start: perlServer === undefined ? undefined : startPerlServer,
  sharers: sharersByLine,
};
