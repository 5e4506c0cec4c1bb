import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

/** The sentences in bold under "The rules" of docs/concepts.md are promises; each has a test of that name. */
test('every rule of docs/concepts.md is the title of a test here', () => {
  const page = readFileSync(new URL('../../../docs/concepts.md', import.meta.url), 'utf8');
  const rules = [...page.slice(page.indexOf('## The rules')).matchAll(/^- \*\*(.+?)\*\*/gms)].map(([, rule]) =>
    rule!.replaceAll(/\s+/g, ' '),
  );
  const tests = readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
    .join('\n');
  expect(rules.length).toBeGreaterThan(30);
  expect(rules.filter((rule) => !tests.includes(`test('${rule}'`))).toEqual([]);
});
