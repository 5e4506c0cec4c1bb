// Installs the tarballs in an empty project, with npm as anybody would, and uses what was installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeVersions } from '../node-versions.mjs';
import { entries, importEach, importEachTyped, requireEach } from './entries.mjs';
import { Project } from './project.mjs';
import { asCommonJs, readmeProgram, runReadmeProgram } from './readme-program.mjs';

const root = join(import.meta.dirname, '../..');

/** Where README's program and its client are, as they are there, for `require()`, and compiled. */
const PROGRAMS = [
  ['esm', 'js'],
  ['commonjs', 'cjs'],
  ['nodenext/out', 'js'],
];
const IMPORTS = ['esm/imports.js', 'commonjs/imports.cjs', 'nodenext/out/imports.js', 'nodenext/out/required.cjs'];

export async function tryPackages(packed, folder) {
  const project = new Project(folder);
  const all = entries(packed);
  const names = all.map(({ name }) => name);

  project.install(packed.map(({ tarball }) => tarball));
  expectThese(project, packed);
  expectPeersToBeNamed(project, all);
  project.install([...peers(packed), ...types()]);
  console.log('installed from the tarballs in an empty project, then the optional peers');

  const { port, server, client } = await readmeProgram();
  project.write('esm/server.js', server);
  project.write('esm/client.js', client);
  project.write('esm/imports.js', importEach(names));
  project.write('commonjs/server.cjs', asCommonJs(server));
  project.write('commonjs/client.cjs', asCommonJs(client));
  project.write('commonjs/imports.cjs', requireEach(names));
  for (const resolution of ['nodenext', 'bundler']) {
    project.write(`${resolution}/server.ts`, server);
    project.write(`${resolution}/client.ts`, client);
    project.write(`${resolution}/imports.ts`, importEachTyped(names));
  }
  project.write('nodenext/required.cts', importEachTyped(names));
  project.compile('nodenext', { module: 'nodenext', outDir: 'out' });
  project.compile('bundler', { module: 'esnext', moduleResolution: 'bundler', noEmit: true });
  console.log('type-checks with nodenext, from ESM and CommonJS, and with bundler');

  for (const path of nodeVersions()) {
    for (const [place, end] of PROGRAMS) {
      const [serverFile, clientFile] = ['server', 'client'].map((name) => `${place}/${name}.${end}`);
      await runReadmeProgram(path, project.folder, { port, server: serverFile, client: clientFile });
    }
    for (const file of IMPORTS) {
      expectAll(file, JSON.parse(project.run(path, [file])), names);
    }
    expectCommand(project, path, packed);
    console.log(
      `${project.run(path, ['--version']).trim()}: README's server with a client, ${names.length} entries, imported and required; the command`,
    );
  }
}

/** What was installed is what was packed, and each once: two copies of an error class are two classes. */
function expectThese(project, packed) {
  const { packages } = JSON.parse(readFileSync(join(project.folder, 'package-lock.json'), 'utf8'));
  for (const { manifest } of packed) {
    const places = Object.keys(packages).filter((path) => path.endsWith(`node_modules/${manifest.name}`));
    const { version, resolved } = packages[`node_modules/${manifest.name}`];
    if (places.length !== 1 || version !== manifest.version || !resolved.startsWith('file:')) {
      throw new Error(`${manifest.name} ${version} is at ${places.join(' and ')}, from ${resolved}`);
    }
  }
}

/** npm does not install optional peers by itself. What needs one that is missing says so, and nothing else fails. */
function expectPeersToBeNamed(project, all) {
  project.write('without-peers.js', importEach(all.map(({ name }) => name)));
  const outcomes = JSON.parse(project.run(process.execPath, ['without-peers.js']));
  for (const { name, peers: optional } of all) {
    if (typeof outcomes[name] === 'number') continue;
    const missing = optional.find((peer) => outcomes[name].includes(`'${peer}'`));
    if (missing === undefined || project.has(missing)) throw new Error(`${name}: ${outcomes[name]}`);
    console.log(`${name} needs ${missing}: ${outcomes[name].split(' imported from ')[0]}`);
  }
}

function peers(packed) {
  const ranges = Object.assign({}, ...packed.map(({ manifest }) => manifest.peerDependencies));
  return Object.entries(ranges).map(([name, range]) => `${name}@${range}`);
}

/** Types which no package brings itself: Node's, and those of peers that have none. */
function types() {
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  return ['@types/node', '@types/pg'].map((name) => `${name}@${new RegExp(`'${name}': (.*)`).exec(catalog)[1]}`);
}

function expectAll(file, counts, names) {
  const empty = names.filter((name) => !(counts[name] > 0));
  if (empty.length > 0) throw new Error(`${file}: nothing comes from ${empty.join(', ')}: ${JSON.stringify(counts)}`);
}

function expectCommand(project, node, packed) {
  const { manifest } = packed.find(({ manifest: { bin } }) => bin !== undefined);
  const [name] = Object.keys(manifest.bin);
  const version = project.run(node, [join('node_modules/.bin', name), '--version']).trim();
  if (version !== manifest.version) throw new Error(`${name} --version printed ${version}, not ${manifest.version}`);
  const help = project.run('npx', [name, '--help']);
  if (!help.startsWith(`Usage: ${name} `)) throw new Error(`npx ${name} --help printed ${help}`);
}
