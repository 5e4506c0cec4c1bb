import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Without layout: a part of something stands further to the left in the docs, and its lines break elsewhere. */
const flat = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();

test.each([
  ['docs/write-a-codec.md', 10],
  ['docs/observing.md', 5],
])('code in %s that names a file is in that file', (page, least) => {
  const blocks = [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)];
  expect(blocks.length).toBeGreaterThan(least);
  for (const [, path, code] of blocks) expect(flat(read(path!))).toContain(flat(code!));
});
