// Packs every public package as it would be published: `workspace:` and `catalog:` become versions, and what is packed in a workflow says
// from where it comes: npm compares that with what the workflow vouches for.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execute } from '../execute.mjs';
import { repositoryOf } from './repository.mjs';

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
    const manifest = { ...manifestIn(unpacked), ...repositoryOf(source) };
    writeFileSync(join(unpacked, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    execute('npm', ['pack', unpacked, '--pack-destination', folder]);
    return { manifest, tarball, folder: unpacked, source };
  });
}
