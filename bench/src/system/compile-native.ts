import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import type { Missing } from '../report/report.ts';

const sourceFolder = join(import.meta.dirname, '../../native');
const outputFolder = join(import.meta.dirname, '../native');
const flags = ['-O2', '-Wall'];

/**
 * Compiles `native/<name>.c` at its first use. The name of the program holds a hash of all that goes in, so a stale one is never run.
 *
 * @param before more flags
 * @param after libraries
 */
export function compileNative(
  name: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): { readonly program: string } | { readonly missing: Missing } {
  const source = join(sourceFolder, `${name}.c`);
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update(readFileSync(join(sourceFolder, 'measuring.h')))
    .update([...flags, ...before, ...after, process.platform, process.arch].join(' '))
    .digest('hex');
  const program = join(outputFolder, `${name}-${key.slice(0, 16)}`);
  if (existsSync(program)) return { program };
  mkdirSync(outputFolder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const cc = spawnSync('cc', [...flags, ...before, '-o', unfinished, source, ...after], { encoding: 'utf8' });
  const what = 'what needs a load generator in C';
  if (cc.error !== undefined)
    return { missing: { what, why: 'there is no C compiler', install: 'apt-get install gcc libc6-dev' } };
  if (cc.status !== 0) return { missing: { what, why: `cc failed: ${cc.stderr.split('\n', 1)[0]}` } };
  renameSync(unfinished, program);
  return { program };
}
