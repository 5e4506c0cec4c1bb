import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

/** An echo server with everything on that watches over a connection. */
export async function start(port: number): Promise<void> {
  const server = new Server({ codec: line(), idleTimeout: 10_000, frameTimeout: 5000, stallTimeout: 5000 });
  server.onRead((connection, text) => connection.send(text));
  await server.listen({ port, host: '127.0.0.1' });
  setInterval(() => server.counters, 1000).unref();
}
