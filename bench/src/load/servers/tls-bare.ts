import { once } from 'node:events';
import { createServer } from 'node:tls';

import { readTlsFiles } from './read-tls-files.ts';

/** Echoes what `node:tls` decrypts without looking at it. Returns the port. */
export async function start(tlsFolder: string): Promise<number> {
  const server = createServer({ ...readTlsFiles(tlsFolder), noDelay: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
}
