// Whether the packages can be published: packs them, looks at what was packed, installs it in an empty project, and uses it there.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkFiles } from './packages/check-files.mjs';
import { checkManifest } from './packages/check-manifest.mjs';
import { lintTarball } from './packages/lint-tarball.mjs';
import { packPackages } from './packages/pack.mjs';
import { tryPackages } from './packages/try-packages.mjs';

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
  await tryPackages(packed, join(folder, 'project'));
} finally {
  rmSync(folder, { recursive: true });
}
