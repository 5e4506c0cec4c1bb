import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import type { Missing } from '../report/report.ts';

const sourceFolder = join(import.meta.dirname, '../../native');
const outputFolder = join(import.meta.dirname, '../native');

/** Compiles `native/<name>.go` at its first use. */
export function compileGo(name: string): { readonly program: string } | { readonly missing: Missing } {
  const source = join(sourceFolder, `${name}.go`);
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  const program = join(outputFolder, `${name}-go-${key.slice(0, 16)}`);
  if (existsSync(program)) return { program };
  mkdirSync(outputFolder, { recursive: true });
  // A build that is interrupted must not be taken for a whole one.
  const unfinished = `${program}.${process.pid}`;
  const go = spawnSync('go', ['build', '-o', unfinished, source], { encoding: 'utf8' });
  if (go.status === 0) {
    renameSync(unfinished, program);
    return { program };
  }
  const what = 'peers in Go';
  if (go.error !== undefined)
    return { missing: { what, why: 'the Go compiler is missing', install: 'apt-get install golang-go' } };
  return { missing: { what, why: `go build failed: ${go.stderr.split('\n', 2).join(' ')}` } };
}
