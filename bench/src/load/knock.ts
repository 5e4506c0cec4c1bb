import { once } from 'node:events';
import { connect } from 'node:net';

/** Rejects while nobody listens on the port. */
export async function knock(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
