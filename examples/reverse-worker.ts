/*
 * A worker that reverses what it gets, for any number of Gearman servers; it finishes what it has on SIGINT and SIGTERM.
 *
 *   node examples/dist/reverse-worker.js 127.0.0.1:4730 127.0.0.1:4731
 *   gearman -f reverse 'hello'
 */
import { type Job, Worker } from '@wirewright/gearman';

import { run } from './run.ts';

const [, , ...servers] = process.argv;

/** The payload, its last byte first. */
function reverse({ payload }: Job): Uint8Array {
  return Uint8Array.from(payload, (_, index) => payload.at(-1 - index)!);
}

await run(async () => {
  const worker = new Worker(servers.length > 0 ? servers : '127.0.0.1:4730', { clientId: 'reverse', concurrency: 4 })
    .handle('reverse', reverse)
    .onError((error) => console.warn(error.message))
    .closeOnSignals();
  const names = worker.servers.map(({ name }) => name).join(', ');
  // A server that is not there yet is no error: the worker waits for it.
  console.log(`looking for ${names}`);
  await worker.ready();
  console.log(`reversing for ${names}`);
});
