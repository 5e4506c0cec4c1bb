import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Sends `text` on a bare socket, and resolves with what came back by the time it is as long or the peer has ended. */
export async function exchange(port: number, text: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host });
  try {
    await once(socket, 'connect');
    socket.write(text);
    let received = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      received += chunk;
      if (received.length >= text.length) break;
    }
    return received;
  } finally {
    socket.destroy();
  }
}

/** A bare server on a free port of 127.0.0.1. */
export async function bareServer(
  onConnection: (socket: Socket) => void = () => {},
): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
  return { server, port: address.port };
}
