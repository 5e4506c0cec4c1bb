// The first program of each package's README, in a project that has what the README says to install, and nothing else.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { Project } from './project.mjs';

const INSTALL = /^npm install ((?:@wirewright\/\S+ ?)+)$/m;
const PROGRAM = /^## First program\n.*?^```ts\n(.*?)^```/ms;
const PRINTS = /console\.log\(.*\); \/\/ (.*)$/gm;

export function tryReadmes(packed, folder) {
  let tried = 0;
  for (const { manifest, folder: unpacked } of packed) {
    const readme = readFileSync(join(unpacked, 'README.md'), 'utf8');
    const [, named] = INSTALL.exec(readme) ?? [];
    const [, program] = PROGRAM.exec(readme) ?? [];
    // That of the command has none: it is tried with the packages.
    if (named === undefined || program === undefined) continue;
    const project = new Project(join(folder, `first-${basename(unpacked)}`));
    project.install([...withDependencies(named.trim().split(' '), packed)].map(({ tarball }) => tarball));
    project.write('first.mjs', program);
    const printed = project.run(process.execPath, ['first.mjs']);
    const expected = Array.from(program.matchAll(PRINTS), ([, text]) => `${text}\n`).join('');
    if (printed !== expected)
      throw new Error(`the first program of ${manifest.name} printed:\n${printed}but says:\n${expected}`);
    tried++;
  }
  if (tried < packed.length - 1) throw new Error(`only ${tried} READMEs have a first program and say what it needs`);
  console.log(`the first programs of ${tried} READMEs, each with what it says to install, and nothing else`);
}

/** What npm would get from the registry: those that are named, and those of ours that these depend on. */
function withDependencies(names, packed, found = new Set()) {
  for (const one of packed.filter(({ manifest: { name } }) => names.includes(name))) {
    if (!found.has(one)) withDependencies(Object.keys(one.manifest.dependencies ?? {}), packed, found.add(one));
  }
  return found;
}
