// Packs every public package as it would be published, and has publint and attw look at the tarballs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'wirewright-pack-'));
const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });

try {
  for (const name of readdirSync(join(root, 'packages'))) {
    const path = join(root, 'packages', name);
    const { private: isPrivate } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    if (isPrivate) continue;
    console.log(`\n-- ${name}`);
    run('npx', ['--yes', packageManager, 'pack', '--pack-destination', folder], path);
  }
  for (const tarball of readdirSync(folder)) {
    console.log(`\n-- ${tarball}`);
    run(join(bin, 'publint'), ['run', join(folder, tarball), '--strict'], root);
    run(join(bin, 'attw'), [join(folder, tarball), '--profile', 'esm-only'], root);
  }
} finally {
  rmSync(folder, { recursive: true });
}
