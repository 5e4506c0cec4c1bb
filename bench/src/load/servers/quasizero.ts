import { QuasizeroServer } from '@wirewright/quasizero';

/** A server with one command, which echoes payloads. */
export async function start(port: number): Promise<void> {
  const server = new QuasizeroServer({ 2: (request, response) => response.set(request.payload) });
  await server.listen({ port, host: '127.0.0.1' });
}
