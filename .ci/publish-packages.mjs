// Publishes each package whose version is not on npm yet, as check-packages.mjs has tried it, and tags the commit with what was published.
// Arguments go to `npm publish`: `--dry-run`, say, with which nothing is tagged, either.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execute } from './execute.mjs';
import { packPackages } from './packages/pack.mjs';

const { GITHUB_SERVER_URL: host, GITHUB_REPOSITORY: repository } = process.env;
const args = process.argv.slice(2);
const isDryRun = args.includes('--dry-run');
const folder = mkdtempSync(join(tmpdir(), 'wirewright-publish-'));

try {
  for (const { manifest, folder: unpacked, source } of packPackages(folder)) {
    const version = `${manifest.name}@${manifest.version}`;
    if (isPublished(version)) continue;
    if (repository !== undefined) {
      // What was built in a workflow has to say from where it comes: npm compares this with what the workflow vouches for.
      const url = `git+${host}/${repository}.git`;
      const whence = { ...manifest, repository: { type: 'git', url, directory: source } };
      writeFileSync(join(unpacked, 'package.json'), `${JSON.stringify(whence, null, 2)}\n`);
    }
    execute('npm', ['publish', unpacked, '--access', 'public', ...args]);
    console.log(`${isDryRun ? 'would publish' : 'published'} ${version}`);
  }
  // The action reads the tags from this, and makes releases of them.
  if (!isDryRun) process.stdout.write(execute('npx', ['changeset', 'tag']));
} finally {
  rmSync(folder, { recursive: true });
}

function isPublished(version) {
  try {
    return execute('npm', ['view', version, 'version']).trim() !== '';
  } catch (error) {
    if (/\bE404\b/.test(error.message)) return false;
    throw error;
  }
}
