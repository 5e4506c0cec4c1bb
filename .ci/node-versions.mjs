// The versions of Node that everything has to work on: those of the CI workflow, and the oldest that `engines` lets in. The node package of
// npm brings each of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { execute } from './execute.mjs';

const root = join(import.meta.dirname, '..');
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const workflow = parse(readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8'));

/** Their programs; first of all, the one that runs this. */
export function nodeVersions() {
  const own = process.versions.node.split('.')[0];
  const others = workflow.jobs.test.strategy.matrix.node.filter((version) => String(version) !== own);
  return [process.execPath, ...[`${engines.node.replace('>=', '')}.0`, ...others].map(programOf)];
}

function programOf(version) {
  return execute('npx', ['--yes', '--package', `node@${version}`, '--', 'node', '--print', 'process.execPath']).trim();
}
