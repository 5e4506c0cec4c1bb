/*
 * Calls a command of a quasizero server on this machine, and prints what it answers.
 *
 *   node examples/dist/quasizero-call.js <port> <code> [payload]
 */
import { WireError } from '@wirewright/core';
import { QuasizeroClient } from '@wirewright/quasizero';

import { run } from './run.ts';

const [, , port, code, payload] = process.argv;

await run(async () => {
  if (port === undefined || code === undefined)
    throw new WireError('USAGE', 'quasizero-call.js <port> <code> [payload]');
  await using client = new QuasizeroClient({ port: Number(port), host: '127.0.0.1' });
  const response = await client.call({ code: Number(code), payload });
  console.log(response.text());
});
