import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** The same without deadlines. */
export async function start(): Promise<number> {
  const server = new Server({ codec: line(), frameTimeout: false, stallTimeout: false });
  server.onRead((connection, text) => connection.send(text));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return server.port!;
}
