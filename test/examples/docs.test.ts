import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Without layout: a part of something stands further to the left in the docs, and its lines break elsewhere. */
const flat = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();

test.each([
  ['docs/observing.md', 5],
  ['docs/requests.md', 10],
  ['docs/metrics.md', 5],
  ['docs/security.md', 5],
  ['docs/scaling.md', 1],
  ['docs/memcached-client.md', 1],
])('code in %s that names a file is in that file', (page, least) => {
  const blocks = [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)];
  expect(blocks.length).toBeGreaterThanOrEqual(least);
  for (const [, path, code] of blocks) expect(flat(read(path!))).toContain(flat(code!));
});

/** Where the names of the packages mean something. */
const cwd = fileURLToPath(new URL('../../examples/', import.meta.url));

test.each([
  ['README.md', 1],
  ['docs/proxy-protocol.md', 1],
  ['docs/requests.md', 1],
  ['packages/core/README.md', 2],
  ['packages/quasizero/README.md', 1],
])('every program in %s runs, ends, and prints what it says', async (page, count) => {
  const blocks = [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const programs = blocks.filter((code) => code.includes('await server.close();'));
  expect(programs.length).toBe(count);
  for (const code of programs) {
    const printed = [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => `${text}\n`).join('');
    const args = ['--input-type=module', '--eval', code];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 10_000 });
    expect(stdout).toBe(printed);
    expect(stderr).toBe('');
  }
});
