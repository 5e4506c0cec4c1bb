/*
 * The classic: a server that says every line again.
 *
 *   node examples/dist/echo-server.js [--port 9991] [--host 127.0.0.1] [--verbose]
 */
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';

import { run } from './run.ts';

await run(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9991' },
      host: { type: 'string', default: '127.0.0.1' },
      verbose: { type: 'boolean', default: false },
    },
  });

  const server = new Server({ codec: line() })
    .onConnect(({ name, remoteAddress, remotePort }) => {
      console.log(`${name} open, from ${remoteAddress} port ${remotePort}`);
    })
    .onRead((connection, text) => {
      // As JSON, because a line may hold characters that a terminal would obey.
      if (values.verbose) console.log(`${connection.name} ${JSON.stringify(text)}`);
      connection.send(text);
    })
    .onError(({ name }, error) => console.log(`${name} failed: ${error.message}`))
    .onClose(({ name }, reason) => console.log(`${name} closed: ${reason}`));

  await server.listen({ port: Number(values.port), host: values.host });
  server.closeOnSignals();

  const host = values.host.includes(':') ? `[${values.host}]` : values.host;
  console.log(`listening on ${host}:${server.port}`);
});
