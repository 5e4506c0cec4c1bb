import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

/** All options that a public interface of a package declares. */
function options(): ReadonlySet<string> {
  const sources = readdirSync(new URL('packages/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path.includes('/src/') && !path.includes('node_modules'))
    .map((path) => readFileSync(new URL(`packages/${path}`, root), 'utf8'));
  return new Set(sources.flatMap((text) => Array.from(text.matchAll(/readonly (\w+)\?:/g), ([, name]) => name!)));
}

test('every limit that docs/security.md names is an option', () => {
  const page = readFileSync(new URL('docs/security.md', root), 'utf8');
  const section = page.slice(page.indexOf('## Limits'), page.indexOf('## Who may connect'));
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  // Of a service, its name is in front of the limit.
  const limits = rows.map((row) =>
    row
      .split('|')
      .slice(1, 3)
      .join('|')
      .replace(/`[A-Z]\w+`/, ''),
  );
  const names = limits.flatMap((cells) => Array.from(cells.matchAll(/`([a-z]\w+)`/g), ([, name]) => name!));
  const known = options();
  expect(names.length).toBeGreaterThan(35);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});
