import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** A program that puts a server under load; native/load.c says what it takes and prints. */
export interface LoadGenerator {
  readonly command: readonly string[];
  /** For the machine line: which one it is and, if not the native one, why. */
  readonly description: string;
}

const source = join(import.meta.dirname, '../../native/load.c');
const outputFolder = join(import.meta.dirname, '../native');
const flags = ['-O2', '-Wall'];
const tlsFlags = ['-DWITH_TLS'];
const tlsLibraries = ['-lssl', '-lcrypto'];

/**
 * The native generator, compiled at its first use, or the one in Node where that does not work. Node needs about as long
 * per request as the server does, so with it the server is rarely saturated.
 *
 * @param cipherSuite the one TLS 1.3 cipher suite it offers, in the names of OpenSSL; undefined for plain TCP. The native one needs the headers of OpenSSL for it.
 */
export function findLoadGenerator(cipherSuite: string | undefined): LoadGenerator {
  const tls = cipherSuite === undefined ? [] : ['--tls', cipherSuite];
  const compiled = compile(tls.length > 0);
  if ('program' in compiled) return { command: [compiled.program, ...tls], description: 'native load generator' };
  return {
    command: [process.execPath, join(import.meta.dirname, 'load.js'), ...tls],
    description: `load generator in Node, its rows are usually bound by the generator (${compiled.reason})`,
  };
}

/** The name holds a hash of all that goes in, so a stale program is never run. */
function compile(withTls: boolean): { program: string } | { reason: string } {
  const code = readFileSync(source);
  const before = withTls ? [...flags, ...tlsFlags] : flags;
  const after = withTls ? tlsLibraries : [];
  const key = createHash('sha256')
    .update(code)
    .update([...before, ...after, process.platform, process.arch].join(' '))
    .digest('hex');
  const program = join(outputFolder, `load-${key.slice(0, 16)}`);
  if (existsSync(program)) return { program };
  mkdirSync(outputFolder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const cc = spawnSync('cc', [...before, '-o', unfinished, source, ...after], { encoding: 'utf8' });
  if (cc.error !== undefined) return { reason: 'no C compiler "cc"' };
  if (cc.status !== 0) return { reason: `cc failed: ${cc.stderr.split('\n', 1)[0]}` };
  renameSync(unfinished, program);
  return { program };
}
