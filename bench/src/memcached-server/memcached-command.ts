import { spawnSync } from 'node:child_process';

import type { Missing } from '../report/report.ts';

export const MEMCACHED_MISSING: Missing = {
  what: 'everything with memcached',
  why: 'memcached is missing',
  install: 'apt-get install memcached',
};

/**
 * The command that starts memcached with one thread, in which `{port}` is to be replaced; undefined where it is not installed.
 *
 * @param more arguments
 */
export function memcachedCommand(more: readonly string[]): string[] | undefined {
  if (spawnSync('memcached', ['-V']).status !== 0) return undefined;
  return ['memcached', '-u', 'root', '-t', '1', '-U', '0', '-l', '127.0.0.1', '-p', '{port}', ...more];
}
