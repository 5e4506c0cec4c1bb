// A server that stops on signals, for the tests of closeOnSignals(); runs on what was built.
import { line } from '../../packages/codec-line/dist/index.js';
import { Server } from '../../packages/core/dist/index.js';

const server = new Server({ codec: line() })
  .onRead((connection, text) => {
    connection.send(text);
    return text === 'hang' ? new Promise(() => {}) : undefined;
  })
  .closeOnSignals(undefined, { grace: 60_000 });
await server.listen({ port: 0, host: '127.0.0.1' });
console.log(server.port);
