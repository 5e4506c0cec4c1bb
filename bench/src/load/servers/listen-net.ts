import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Listens on 127.0.0.1 with plain `node:net`, no delay, and returns the port. */
export async function listenNet(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
}
