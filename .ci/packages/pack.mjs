// Packs every public package as it would be published: `workspace:` and `catalog:` become versions.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { execute } from '../execute.mjs';

const root = join(import.meta.dirname, '../..');

/** What was packed: the manifest, the tarball, and the folder it was unpacked to. */
export function packPackages(folder) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const args = ['--recursive', '--filter', './packages/*', 'pack', '--json', '--pack-destination', folder];
  const packed = JSON.parse(execute('npx', ['--yes', packageManager, ...args], { cwd: root }));
  return packed.map(({ filename: tarball }) => {
    const unpacked = tarball.replace(/\.tgz$/, '');
    mkdirSync(unpacked);
    execute('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components', '1']);
    return { manifest: JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')), tarball, folder: unpacked };
  });
}
