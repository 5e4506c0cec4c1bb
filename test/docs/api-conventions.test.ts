import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The names that a module exports, `export { a, b as c } from` and declarations. */
function exported(source: string): Set<string> {
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) => names!.split(','));
  const declared = [...source.matchAll(/^export (?:declare )?(?:interface|type|class|function|const) (\w+)/gm)];
  const named = lists.map((name) => name.trim().split(' as ').at(-1)!.trim()).filter((name) => name !== '');
  return new Set([...named, ...declared.map(([, name]) => name!)]);
}

/** What can be imported, and what that has. */
function surface(): Map<string, Set<string>> {
  const entries = new Map<string, Set<string>>();
  for (const folder of readdirSync(new URL('packages/', ROOT))) {
    const { name, exports } = JSON.parse(read(`packages/${folder}/package.json`)) as {
      name: string;
      exports?: Record<string, string | Record<string, string>>;
    };
    for (const [subpath, entry] of Object.entries(exports ?? {})) {
      if (typeof entry === 'string') continue;
      const source = entry['@wirewright/source']!;
      entries.set(name + subpath.slice(1), exported(read(`packages/${folder}/${source}`)));
    }
  }
  return entries;
}

/** The tables of the page, by heading. */
function tables(): Map<string, Set<string>> {
  const [, page] = read('docs/api-conventions.md').split('\n## The public surface\n');
  return new Map(
    page!
      .split('\n### ')
      .slice(1)
      .map((section) => {
        const [heading] = /(?<=`)[^`]+/.exec(section)!;
        const names = [...section.slice(section.indexOf('\n')).matchAll(/`(\w+)(?:\(\))?`/g)].map(([, name]) => name!);
        return [heading, new Set(names)];
      }),
  );
}

test('the table of the public surface has what the packages export, and nothing else', () => {
  expect(tables()).toEqual(surface());
});

test('a code has the prefix of its package', () => {
  const prefixes = { core: 'WIRE_', memcached: 'MEMCACHED_', gearman: 'GEARMAN_', quasizero: 'QUASIZERO_' };
  for (const [folder, prefix] of Object.entries(prefixes)) {
    const files = readdirSync(new URL(`packages/${folder}/src/`, ROOT), { recursive: true, encoding: 'utf8' });
    const codes = files
      .filter((file) => file.endsWith('errors.ts'))
      .flatMap(
        (file) =>
          read(`packages/${folder}/src/${file}`).match(/(?<=')(?:WIRE|MEMCACHED|GEARMAN|QUASIZERO)_[A-Z_]+(?=')/g) ??
          [],
      );
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(code).toContain(prefix);
  }
});
