import { join } from 'node:path';

import type { ServerKind } from './server-kind.ts';

/**
 * The command that runs a server in a process of its own, in which `{port}` is to be replaced.
 *
 * @param tlsFolder the folder with the certificate, for a kind that speaks TLS
 */
export function serverCommand(kind: ServerKind, tlsFolder?: string): string[] {
  const command = [process.execPath, join(import.meta.dirname, 'serve.js'), kind, '{port}'];
  return tlsFolder === undefined ? command : [...command, tlsFolder];
}
