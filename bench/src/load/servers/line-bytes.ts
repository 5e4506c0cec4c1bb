import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** Wirewright's line echo with lines as bytes of their own. Returns the port. */
export async function start(): Promise<number> {
  const server = new Server({ codec: line({ as: 'bytes' }) }).onRead((connection, message) => connection.send(message));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return server.port!;
}
