import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** All that a socket receives until the other side ends, or breaks off. */
export async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  return Buffer.concat(chunks);
}
