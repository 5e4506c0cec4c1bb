import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

import { type ClientProtocol, MemcachedClient, type MemcachedClientOptions } from '@wirewright/memcached';
import { onTestFinished } from 'vitest';

/** Does something with a chunk; `connection` counts from 1. */
type Answer = (socket: Socket, chunk: Buffer, connection: number) => void;

export interface BadServer {
  readonly port: number;
  /** Chunks that were received, and connections that were made. */
  readonly chunks: Buffer[];
  readonly connections: Socket[];
}

/** A server that does with each chunk what the test says, until the end of it. */
export async function badServer(answer: Answer): Promise<BadServer> {
  const chunks: Buffer[] = [];
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    const connection = connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      answer(socket, chunk, connection);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  return { port: (server.address() as { port: number }).port, chunks, connections };
}

/** A client of a bad server, which it does not eject soon, until the end of the test. */
export function clientOf(
  { port }: Pick<BadServer, 'port'>,
  protocol: ClientProtocol = 'meta',
  options: Partial<MemcachedClientOptions> = {},
): MemcachedClient {
  const client = new MemcachedClient(`127.0.0.1:${port}`, { protocol, failures: 100, timeout: 300, ...options });
  onTestFinished(async () => {
    await client.close({ grace: 0 });
  });
  return client;
}

/** A response to Get with opaque 0: 24 bytes, its flags and its value. */
export function hit(value: string, opaque = 0, opcode = 0): Buffer {
  const frame = Buffer.alloc(28 + value.length);
  frame[0] = 0x81;
  frame[1] = opcode;
  frame[4] = 4;
  frame.writeUInt32BE(4 + value.length, 8);
  frame.writeUInt32BE(opaque, 12);
  frame.write(value, 28);
  return frame;
}
