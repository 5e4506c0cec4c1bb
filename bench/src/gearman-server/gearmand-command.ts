import { spawnSync } from 'node:child_process';

import type { Missing } from '../report/report.ts';

/** Debian puts it where not everybody looks. */
const PLACES = ['gearmand', '/usr/sbin/gearmand'];

export const GEARMAND_MISSING: Missing = {
  what: 'everything against gearmand',
  why: 'gearmand is missing',
  install: 'apt-get install gearman-job-server',
};

/**
 * The command that starts gearmand, in which `{port}` and `{folder}` are to be replaced; undefined where it is not installed.
 *
 * @param more arguments
 */
export function gearmandCommand(more: readonly string[] = []): string[] | undefined {
  const program = PLACES.find(isGearmand);
  if (program === undefined) return undefined;
  const place = ['--listen=127.0.0.1', '--port={port}', '--log-file={folder}/log', '--pid-file={folder}/pid'];
  return [program, ...place, ...more];
}

/** The server of Perl has the same name, and says that it is something else. */
function isGearmand(program: string): boolean {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 && stdout.trimStart().startsWith('gearmand');
}
