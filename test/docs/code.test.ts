import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { compile, type Complaints, moduleOf } from './compile.ts';
import type { Block } from './page.ts';
import { codePages, ROOT } from './pages.ts';
import { Peers } from './peers.ts';
import { runProgram } from './run-program.ts';

/** Programs that are compiled and not run: what is in them, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'postgresql://': 'it needs a database, as test/gearman/store-postgres.test.ts has one',
};

/** The folder of the docs that programs write to. */
const FOLDER = '/var/lib/jobs';

const blocks = codePages.flatMap((page) => page.blocks);
const code = blocks.filter(({ language }) => language === 'ts');

/** The file that a block is a part of. */
const fileOf = (block: Block): string | undefined => /^\/\/ (\S+\/\S+\.\w+)\n/.exec(block.code)?.[1];
const parts = code.filter((block) => fileOf(block) !== undefined);
const modules = code.filter((block) => fileOf(block) === undefined);

const programs = modules.filter(
  (block) => block.given === '' && !Object.keys(NOT_RUN).some((text) => block.code.includes(text)),
);

test('every code block is in a language that is checked', () => {
  const unknown = blocks.filter(({ language }) => !['ts', 'sh', 'json', 'md', 'text'].includes(language));
  expect(unknown.map(({ name, language }) => `${name} ${language}`)).toEqual([]);
});

test('the blocks are found', () => {
  expect(parts.length).toBeGreaterThan(25);
  expect(modules.length).toBeGreaterThan(40);
  expect(programs.length).toBeGreaterThan(25);
});

test('JSON is JSON', () => {
  for (const block of blocks.filter(({ language }) => language === 'json')) {
    expect(() => JSON.parse(block.code), block.name).not.toThrow();
  }
});

/** Without layout: a part of something stands further to the left in the docs, and its lines break elsewhere. */
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const tests = readdirSync(`${ROOT}test/examples`).map((name) => readFileSync(`${ROOT}test/examples/${name}`, 'utf8'));

/** Whether a test starts an example by its name, or imports its file. */
const isTested = (path: string): boolean => {
  const name = basename(path, '.ts');
  return tests.some((text) => text.includes(`'${name}'`) || text.includes(`/${name}.ts'`));
};

const named = (list: readonly Block[]): [string, Block][] => list.map((block) => [block.name, block]);

test.each(named(parts))('%s is in the file that it names, which runs in a test', (_, block) => {
  const path = fileOf(block)!;
  expect(flat(readFileSync(ROOT + path, 'utf8'))).toContain(flat(block.code.replace(/^.*\n/, '')));
  if (!path.endsWith('.test.ts')) expect(isTested(path)).toBe(true);
});

describe('the code', () => {
  let complaints: Complaints = new Map();
  beforeAll(async () => {
    complaints = await compile(modules);
  });

  test.each(named(modules))('%s compiles', (_, block) => {
    expect(complaints.get(block)).toEqual([]);
  });

  test.concurrent.for(named(programs))('%s runs, ends, and prints what it says', async ([, block], context) => {
    const printed = [...block.code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => `${text}\n`).join('');
    const stopAfter = servesOn(block.code) ? printed : undefined;

    const path = `${moduleOf(block)}.mjs`;
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-docs-'));
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(FOLDER, folder));
    const peers = await Peers.for(block.code);
    try {
      const { stdout, stderr, end } = await runProgram(path, { peers: peers.ports, stopAfter });
      context.expect({ stderr, end }).toEqual({ stderr: '', end: 0 });
      if (printed !== '') context.expect(stdout).toBe(printed);
    } finally {
      await peers.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** Whether a program goes on until it gets a signal, which it neither sends itself nor does without. */
function servesOn(program: string): boolean {
  return /closeOnSignals\(|runWorkers\(/.test(program) && !/await \w+\.close\(/.test(program);
}
