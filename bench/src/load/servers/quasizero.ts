import { QuasizeroServer } from '@wirewright/quasizero';

/** A server with one command, which echoes payloads. Returns the port. */
export async function start(): Promise<number> {
  const server = new QuasizeroServer({ 2: (request, response) => response.set(request.payload) });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return server.port!;
}
