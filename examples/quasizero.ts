/*
 * A quasizero server with two commands, and a client that calls them: ECHO answers what it was sent, and SHUTDOWN closes the server.
 *
 *   node examples/dist/quasizero.js
 */
import { QuasizeroClient, QuasizeroServer } from '@wirewright/quasizero';

import { run } from './run.ts';

const Command = { ECHO: 1, SHUTDOWN: 9 } as const;

await run(async () => {
  const server = new QuasizeroServer({
    [Command.ECHO]: (request, response) => response.set(request.payload),
    [Command.SHUTDOWN]: (_request, response) => {
      // It answers what it has received before it closes, this request included.
      void server.close();
      response.setString('OK');
    },
  });
  await server.listen({ port: 0, host: '127.0.0.1' });

  await using client = new QuasizeroClient({ port: server.port, host: '127.0.0.1' });
  const echo = await client.call({ code: Command.ECHO, payload: 'hello' });
  console.log(`server responded to ECHO with ${JSON.stringify(echo.text())}`);

  const shutdown = await client.call({ code: Command.SHUTDOWN });
  console.log(`server responded to SHUTDOWN with ${JSON.stringify(shutdown.text())}`);

  await server.closed;
  console.log('server closed');
});
