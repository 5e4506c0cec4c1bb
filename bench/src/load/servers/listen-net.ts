import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Listens on 127.0.0.1 with plain `node:net`, no delay. */
export async function listenNet(port: number, onSocket: (socket: Socket) => void): Promise<void> {
  await once(createServer({ noDelay: true }, onSocket).listen(port, '127.0.0.1'), 'listening');
}
