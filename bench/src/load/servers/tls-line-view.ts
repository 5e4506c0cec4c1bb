import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

import { readTlsFiles } from './read-tls-files.ts';

/** Wirewright's line echo over TLS with lines as views on what was decrypted. */
export async function start(port: number, tlsFolder: string): Promise<void> {
  const server = new Server({ codec: line({ as: 'view' }) }).onRead((connection, message) => connection.send(message));
  await server.listen({ port, host: '127.0.0.1', tls: readTlsFiles(tlsFolder) });
}
