/*
 * Says hello to the echo server, prints what comes back, and closes.
 *
 *   node examples/dist/echo-client.js [--port 9991] [--host localhost]
 */
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Client } from '@wirewright/core';

import { run } from './run.ts';

await run(async () => {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '9991' }, host: { type: 'string', default: 'localhost' } },
  });

  await using client = new Client({ codec: line() }).onRead((connection, answer) => {
    console.log(`<- ${answer}`);
    return connection.close();
  });

  const connection = await client.connect({ port: Number(values.port), host: values.host });
  console.log('-> hello');
  connection.send('hello');

  const reason = await connection.closed;
  if (reason !== 'local') {
    console.error(`closed without an answer: ${connection.error?.message ?? reason}`);
    process.exitCode = 1;
  }
});
