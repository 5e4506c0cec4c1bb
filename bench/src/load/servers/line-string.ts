import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** Wirewright's line echo with lines as strings. */
export async function start(port: number): Promise<void> {
  const server = new Server({ codec: line() }).onRead((connection, message) => connection.send(message));
  await server.listen({ port, host: '127.0.0.1' });
}
