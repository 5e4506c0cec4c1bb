import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import type { Block } from './page.ts';

/** Where the blocks are compiled. They import what the tests can import. */
const FOLDER = join(import.meta.dirname, 'dist');

/** The options of the repository. Of what is built the declarations are read, and a block may declare what it does not use. */
const CONFIG = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    customConditions: [],
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    isolatedDeclarations: false,
    noEmitOnError: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: true,
  },
  include: ['*.mts'],
};

/** What the compiler says about the blocks: for each the complaints, with the lines of the page. */
export type Complaints = ReadonlyMap<Block, readonly string[]>;

/** Compiles all blocks at once, each as a module behind what it is given. */
export async function compile(blocks: readonly Block[]): Promise<Complaints> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(CONFIG));
  const complaints = new Map<Block, string[]>(blocks.map((block) => [block, []]));
  for (const block of blocks) writeFileSync(`${moduleOf(block)}.mts`, `${before(block)}${block.code}export {};\n`);

  for (const line of (await tsc(FOLDER)).split('\n').filter((text) => text !== '')) {
    const [, file, at, message] = /^(\S+)\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
    const block = blocks.find((one) => `${basename(moduleOf(one))}.mts` === basename(file ?? ''));
    // What begins with blanks belongs to the message before it.
    if (block === undefined) {
      if (!line.startsWith(' ')) throw new Error(line);
      continue;
    }
    const row = Number(at) - before(block).split('\n').length;
    complaints.get(block)!.push(row < 0 ? `in front of it: ${message}` : `line ${block.line + row}: ${message}`);
  }
  return complaints;
}

/** The path of the module that becomes of a block, without extension. */
export function moduleOf(block: Block): string {
  return join(FOLDER, block.name.replaceAll(/\W+/g, '-'));
}

function before({ given }: Block): string {
  return given === '' ? '' : `${given}\n`;
}

/** What the compiler prints. It ends with 1 or 2 when there is something to print. */
async function tsc(folder: string): Promise<string> {
  const path = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path, '-p', folder, '--pretty', 'false'], { cwd: folder }, (error, stdout, stderr) => {
      if (error !== null && stdout + stderr === '') reject(error);
      else resolve(stdout + stderr);
    });
  });
}
