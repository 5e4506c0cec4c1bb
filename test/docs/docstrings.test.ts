import { readdirSync } from 'node:fs';

import { expect, test } from 'vitest';

import { undocumented } from './undocumented.ts';

const packages = new URL('../../packages/', import.meta.url);

test.each(readdirSync(packages))('every public export and member of packages/%s has a docstring', (name) => {
  expect(undocumented(new URL(`${name}/`, packages))).toEqual([]);
});
