import { once } from 'node:events';
import { createServer } from 'node:tls';

import { readTlsFiles } from './read-tls-files.ts';

/** Echoes what `node:tls` decrypts without looking at it. */
export async function start(port: number, tlsFolder: string): Promise<void> {
  const server = createServer({ ...readTlsFiles(tlsFolder), noDelay: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
