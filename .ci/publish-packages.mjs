// Publishes the tarballs of a folder, each as it is, unless the registry has its version: a package after those of them that it needs.
// It takes Node, npm and tar, and nothing that was installed. Arguments behind the folder go to `npm publish`: `--dry-run`, say.
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

import { execute } from './execute.mjs';

const [folder, ...args] = process.argv.slice(2);
const tarballs = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tgz')) : [];
if (tarballs.length === 0) throw new Error(`there are no tarballs in ${folder}: npm run release:pack puts them there`);

/** By the name of the package, what is still to be looked at. */
const left = new Map();
for (const tarball of tarballs.map((name) => resolve(folder, name))) {
  const manifest = JSON.parse(execute('tar', ['-xzOf', tarball, 'package/package.json']));
  left.set(manifest.name, { tarball, manifest });
}
for (const name of left.keys()) publish(name);

function publish(name) {
  if (!left.has(name)) return;
  const { tarball, manifest } = left.get(name);
  left.delete(name);
  for (const needed of Object.keys(manifest.dependencies ?? {})) publish(needed);
  const version = `${name}@${manifest.version}`;
  if (isPublished(version)) return;
  execute('npm', ['publish', tarball, '--access', 'public', ...args]);
  console.log(`${args.includes('--dry-run') ? 'would publish' : 'published'} ${version}`);
}

function isPublished(version) {
  try {
    return execute('npm', ['view', version, 'version']).trim() !== '';
  } catch (error) {
    if (/\bE404\b/.test(error.message)) return false;
    throw error;
  }
}
