import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

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
): { program: string } | { reason: string } {
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
  if (cc.error !== undefined) return { reason: 'no C compiler "cc"' };
  if (cc.status !== 0) return { reason: `cc failed: ${cc.stderr.split('\n', 1)[0]}` };
  renameSync(unfinished, program);
  return { program };
}
