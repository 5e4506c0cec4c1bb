// publint and attw, on the tarballs: whether Node and TypeScript resolve what they export.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules', '.bin');
const run = promisify(execFile);

/** Returns complaints. */
export async function lintTarball({ tarball }) {
  const found = await Promise.all([
    complaintsOf('publint', ['run', tarball, '--strict']),
    // ESM only: CommonJS is to get an ES module. Whether it does is tried where the packages are used.
    complaintsOf('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii']),
  ]);
  return found.flat();
}

async function complaintsOf(tool, args) {
  try {
    await run(join(bin, tool), args, { cwd: root, timeout: 120_000 });
    return [];
  } catch (error) {
    return [`${tool}: ${error.stdout}${error.stderr}`];
  }
}
