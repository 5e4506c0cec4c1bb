import { join } from 'node:path';

import { compileNative } from '../system/compile-native.ts';

/** A program that puts a server under load; native/load.c says what it takes and prints. */
export interface LoadGenerator {
  readonly command: readonly string[];
  /** For the machine line: which one it is and, if not the native one, why. */
  readonly description: string;
}

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
  const compiled = tls.length > 0 ? compileNative('load', tlsFlags, tlsLibraries) : compileNative('load');
  if ('program' in compiled) return { command: [compiled.program, ...tls], description: 'native load generator' };
  return {
    command: [process.execPath, join(import.meta.dirname, 'load.js'), ...tls],
    description: `load generator in Node, its rows are usually bound by the generator (${compiled.missing.why})`,
  };
}
