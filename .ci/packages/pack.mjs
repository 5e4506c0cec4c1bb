// Packs every public package as it would be published: `workspace:` and `catalog:` become versions.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { execute } from '../execute.mjs';

const root = join(import.meta.dirname, '../..');

const manifestIn = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** What was packed: the manifest, the tarball, the folder it was unpacked to, and that of its sources in the repository. */
export function packPackages(folder) {
  const { packageManager } = manifestIn(root);
  const args = ['--recursive', '--filter', './packages/*', 'pack', '--json', '--pack-destination', folder];
  const packed = JSON.parse(execute('npx', ['--yes', packageManager, ...args], { cwd: root }));
  const sources = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  return packed.map(({ name, filename: tarball }) => {
    const unpacked = tarball.replace(/\.tgz$/, '');
    mkdirSync(unpacked);
    execute('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components', '1']);
    const source = sources.find((path) => manifestIn(join(root, path)).name === name);
    return { manifest: manifestIn(unpacked), tarball, folder: unpacked, source };
  });
}
