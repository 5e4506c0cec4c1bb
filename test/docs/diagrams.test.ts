import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const packages = new URL('../../packages/', import.meta.url);

/** A file that turns bytes into messages; an adapter of another codec is one, too. */
const CODEC = /^(export )?class \w+(<.*>)? implements Codec</m;

/** A comment in front of everything else, with at least one edge of a box, or a row between bars, in it. */
const DIAGRAM = /^\/\*\n(?: \*.*\n)* \* +(?:\+-+\+|\|.*\|).*\n/;

function codecFiles(folder: string): string[] {
  const files = readdirSync(new URL(folder, packages), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => `${folder}${file}`);
  return sources.filter((file) => CODEC.test(readFileSync(new URL(file, packages), 'utf8')));
}

const files = [
  // A codec without a class: it has that of `delimited`.
  'codec-line/src/line.ts',
  ...readdirSync(packages)
    .filter((name) => name.startsWith('codec-'))
    .flatMap((name) => codecFiles(`${name}/src/`)),
  ...codecFiles('core/src/codec/'),
];

test('codecs are found', () => expect(files.length).toBeGreaterThanOrEqual(14));

test.each(files)('%s begins with the diagram of its bytes', (file) => {
  expect(readFileSync(new URL(file, packages), 'utf8')).toMatch(DIAGRAM);
});
