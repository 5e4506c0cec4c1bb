// What a package.json has to say, so that npm, Node, TypeScript and people find what they look for.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { repositoryOf } from './repository.mjs';

/** The condition under which this repository resolves its packages to their sources. Nobody else sets it. */
const SOURCE = '@wirewright/source';

/** Facts about the project, which have one home: the package.json of the repository. What is not known there is not claimed elsewhere. */
const OF_THE_PROJECT = ['license', 'engines', 'type', 'author', 'homepage', 'bugs', 'repository', 'funding'];

/** Returns complaints. `repository`: its package.json; `versions`: of all packages that were packed, by name. */
export function checkManifest({ manifest, folder, source }, repository, versions) {
  const project = { ...repository, ...repositoryOf(source) };
  const complaints = [];
  const expect = (holds, complaint) => holds || complaints.push(complaint);

  expect(manifest.description?.length > 20, 'there is no description');
  expect(manifest.keywords?.length >= 4, 'there are less than four keywords');
  expect(manifest.sideEffects === false, 'sideEffects must be false');
  expect(manifest.scripts === undefined, 'scripts are of no use to those who install it');
  for (const field of OF_THE_PROJECT) {
    expect(
      isDeepStrictEqual(manifest[field], project[field]),
      `${field} is not what the package.json of the repository says`,
    );
  }

  for (const field of ['dependencies', 'devDependencies', 'peerDependencies']) {
    for (const [name, range] of Object.entries(manifest[field] ?? {})) {
      expect(!/^(workspace|catalog|file|link):/.test(range), `${field}.${name} is ${range}, which npm does not know`);
      if (name in versions)
        expect(range === `^${versions[name]}`, `${field}.${name} is ${range}, but ${versions[name]} was packed`);
    }
  }
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    expect(manifest.peerDependenciesMeta?.[name]?.optional === true, `${name} is a peer, and not optional`);
    expect(manifest.dependencies?.[name] === undefined, `${name} is a dependency and a peer`);
  }

  const exported = Object.entries(manifest.exports ?? {});
  expect(manifest.exports?.['./package.json'] === './package.json', './package.json is not exported');
  for (const [path, conditions] of exported) {
    if (typeof conditions === 'string') continue;
    const names = Object.keys(conditions).filter((name) => name !== SOURCE);
    expect(isDeepStrictEqual(names, ['types', 'default']), `the conditions of ${path} are not types, then default`);
    for (const target of Object.values(conditions))
      expect(existsSync(join(folder, target)), `${path}: there is no ${target}`);
  }
  for (const [name, path] of Object.entries(manifest.bin ?? {})) {
    const first = existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8').split('\n', 1)[0] : '';
    expect(first === '#!/usr/bin/env node', `the command ${name} does not begin with #!/usr/bin/env node`);
  }
  expect(exported.length > 1 || manifest.bin !== undefined, 'nothing is exported');
  return complaints;
}
