import { connect } from 'node:net';

import { filling } from './workloads.ts';

/** Sends bytes that end with a no-op to a memcached server, and resolves when that is answered. */
export async function exchange(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(bytes);
  for await (const chunk of socket) if (String(chunk).endsWith('MN\r\n')) break;
  socket.destroy();
}

/** Has a server hold every key that is asked for. */
export async function fill(port: number): Promise<void> {
  await exchange(port, filling());
}
