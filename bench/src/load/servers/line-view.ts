import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** Wirewright's line echo with lines as views on the received chunk. */
export async function start(port: number): Promise<void> {
  const server = new Server({ codec: line({ as: 'view' }) }).onRead((connection, message) => connection.send(message));
  await server.listen({ port, host: '127.0.0.1' });
}
