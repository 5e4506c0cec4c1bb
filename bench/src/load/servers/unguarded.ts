import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** The same without deadlines. */
export async function start(port: number): Promise<void> {
  const server = new Server({ codec: line(), frameTimeout: false, stallTimeout: false });
  server.onRead((connection, text) => connection.send(text));
  await server.listen({ port, host: '127.0.0.1' });
}
