import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { Page } from './page.ts';
import { ROOT } from './pages.ts';

const SECTIONS = ['Install', 'First program', 'Exports', 'Options', 'Errors', 'Limits', 'Docs'];

const packages = readdirSync(`${ROOT}packages`);
const scratch = mkdtempSync(join(tmpdir(), 'wirewright-readmes-'));

afterAll(() => rmSync(scratch, { recursive: true }));

/** Where the codes of errors can be explained instead: on pages that README links to. */
const pagesOf = (text: string): string[] =>
  Array.from(text.matchAll(/\]\(\.\.\/\.\.\/(docs\/[\w-]+\.md)/g), ([, path]) => path!);

/** The codes of errors that the sources of a package name. */
function codesOf(folder: string): string[] {
  const files = readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const texts = files.map((file) => readFileSync(`${ROOT}${folder}/${file}`, 'utf8'));
  return texts.flatMap((text) =>
    Array.from(text.matchAll(/'((?:WIRE|GEARMAN|MEMCACHED|QUASIZERO)_[A-Z_]+)'/g), ([, code]) => code!),
  );
}

describe.each(packages)('the README of packages/%s', (name) => {
  const path = `packages/${name}/README.md`;
  const text = readFileSync(ROOT + path, 'utf8');
  const page = new Page(path, text);

  test('has the same sections as the others, in the same order', () => {
    const sections = page.prose.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
    expect(sections).toEqual(SECTIONS);
  });

  test('says how it is installed, and begins with a program that ends', () => {
    const { name: imported } = JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8')) as {
      name: string;
    };
    const [install, program] = page.blocks;
    expect(install!.code).toMatch(new RegExp(`^npm install (.* )?${imported}( .*)?$`, 'm'));
    // Not of the command, which is no library.
    if (program!.language !== 'sh') expect(program!.code).toContain('await server.close();');
  });

  test('begins with a program that every Node runs as it stands: without types', () => {
    const program = page.blocks[1]!;
    if (program.language === 'sh') return;
    const file = join(scratch, `${name}.mjs`);
    writeFileSync(file, program.code);
    const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    expect(stderr).toBe('');
  });

  test('knows every code of an error, or a page that it links to does', () => {
    const known = [text, ...pagesOf(text).map((other) => readFileSync(ROOT + other, 'utf8'))].join('\n');
    const core = readFileSync(`${ROOT}packages/core/README.md`, 'utf8');
    const unknown = codesOf(`packages/${name}/src`).filter((code) => !(known + core).includes(code));
    expect(unknown).toEqual([]);
  });
});
