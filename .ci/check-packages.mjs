// Whether the packages can be published: packs them, looks at what was packed, installs it in an empty project, and uses it there.
// The tarballs that have passed go to the folder that is named, if one is; those which were there before go.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { checkFiles } from './packages/check-files.mjs';
import { checkManifest } from './packages/check-manifest.mjs';
import { lintTarball } from './packages/lint-tarball.mjs';
import { packPackages } from './packages/pack.mjs';
import { tryPackages } from './packages/try-packages.mjs';
import { tryReadmes } from './packages/try-readmes.mjs';

const [destination] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');
const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const license = readFileSync(join(root, 'LICENSE'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'wirewright-packages-'));

try {
  const packed = packPackages(folder);
  const versions = Object.fromEntries(packed.map(({ manifest: { name, version } }) => [name, version]));
  const complaints = [];
  for (const one of packed) {
    const found = [...checkManifest(one, project, versions), ...checkFiles(one, license), ...(await lintTarball(one))];
    complaints.push(...found.map((complaint) => `${one.manifest.name}: ${complaint}`));
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  console.log(`${packed.length} packages: manifests, files, publint and attw`);
  tryReadmes(packed, folder);
  await tryPackages(packed, join(folder, 'project'));
  if (destination !== undefined) {
    mkdirSync(destination, { recursive: true });
    for (const name of readdirSync(destination)) if (name.endsWith('.tgz')) rmSync(join(destination, name));
    for (const { tarball } of packed) copyFileSync(tarball, join(destination, basename(tarball)));
  }
} finally {
  rmSync(folder, { recursive: true });
}
