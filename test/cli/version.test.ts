import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../packages/cli/', import.meta.url));

test('wirewright --version prints the version of its package', () => {
  const { version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string };
  for (const option of ['--version', '-V']) {
    const printed = execFileSync(process.execPath, [`${folder}dist/main.js`, option], { encoding: 'utf8' });
    expect(printed).toBe(`${version}\n`);
  }
});
