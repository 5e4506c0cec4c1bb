// Follows docs/write-your-own-codec.md literally, in an empty folder: writes its files, runs its commands, and compares what they print.
// `npm install` gets the packages of this checkout, packed; everything else comes from where npm always gets it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { serveRegistry } from './guide/registry.mjs';
import { isPrinted, stepsOf } from './guide/steps.mjs';
import { packPackages } from './packages/pack.mjs';
import { userEnvironment } from './user-environment.mjs';

const PAGE = 'docs/write-your-own-codec.md';
const LIMIT = 180_000;

const steps = stepsOf(readFileSync(join(import.meta.dirname, '..', PAGE), 'utf8'));
if (!steps.some(({ command }) => command === 'npm test')) throw new Error(`${PAGE} runs no test`);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wirewright-guide-')));
let cwd = join(folder, 'empty');
let env;
let server;

/** What was printed since something was compared, or written. */
let printed = '';
let compared = 0;

try {
  const packages = join(folder, 'packages');
  for (const path of [packages, cwd]) mkdirSync(path);
  const registry = await serveRegistry(packPackages(packages));
  server = registry.server;
  env = userEnvironment({ 'npm_config_@wirewright:registry': registry.address });

  for (const { path, text, command, expected } of steps) {
    if (command !== undefined) {
      console.log(`$ ${command}`);
      printed += await run(command);
    } else if (expected !== undefined) {
      if (!isPrinted(expected, printed))
        throw new Error(`${PAGE} says:\n${expected}\nbut this was printed:\n${printed}`);
      compared++;
      printed = '';
    } else {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      appendFileSync(join(cwd, path), text);
      printed = '';
    }
  }
  console.log(`\n${PAGE}: ${steps.length} steps, ${compared} outputs as they are printed there`);
} finally {
  server?.close();
  rmSync(folder, { recursive: true });
}

/** Runs one command where the one before it has left off; returns what it printed. */
async function run(command) {
  const child = spawn('bash', ['-euc', `${command}\npwd -P >&3`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const texts = ['', '', ''];
  [child.stdout, child.stderr, child.stdio[3]].forEach((stream, i) =>
    stream.setEncoding('utf8').on('data', (text) => (texts[i] += text)),
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  const [status, signal] = await once(child, 'close');
  clearTimeout(timer);
  const [stdout, stderr, place] = texts;
  if (status !== 0) throw new Error(`$ ${command}\n${stdout}${stderr}ended with ${signal ?? `status ${status}`}`);
  cwd = place.trim();
  return stripVTControlCharacters(stdout);
}
