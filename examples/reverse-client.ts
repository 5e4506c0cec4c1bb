/*
 * Has a text reversed by whatever worker does it.
 *
 *   node examples/dist/reverse-client.js hello 127.0.0.1:4730
 */
import { GearmanClient } from '@wirewright/gearman';

import { run } from './run.ts';

const [, , text = 'hello', ...servers] = process.argv;

await run(async () => {
  await using client = new GearmanClient(servers.length > 0 ? servers : '127.0.0.1:4730');
  const task = client.submit('reverse', text, { timeout: 10_000, retries: { lost: 2 } });
  console.log((await task).toString());
  console.log(`done by way of ${task.server}`);
});
