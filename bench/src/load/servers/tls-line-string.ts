import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

import { readTlsFiles } from './read-tls-files.ts';

/** Wirewright's line echo over TLS with lines as strings. Returns the port. */
export async function start(tlsFolder: string): Promise<number> {
  const server = new Server({ codec: line() }).onRead((connection, message) => connection.send(message));
  await server.listen({ port: 0, host: '127.0.0.1', tls: readTlsFiles(tlsFolder) });
  return server.port!;
}
