/*
 * A Gearman job server whose jobs outlive it, with rules of its own for each function: clients and workers of any language use it as they would
 * use gearmand.
 *
 *   node examples/dist/job-server.js --jobs /tmp/jobs         listens on 127.0.0.1:4730
 *   gearman -w -f reverse rev                                 a worker
 *   gearman -f reverse 'hello'                                a client
 *   printf 'status\njson\n' | nc -q 1 127.0.0.1 4730          an administrator
 */
import { parseArgs } from 'node:util';

import { JobServer } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';

import { run } from './run.ts';

await run(async () => {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '4730' }, jobs: { type: 'string' } },
  });
  const server = new JobServer({
    ...(values.jobs === undefined ? {} : { store: levelStore({ location: values.jobs }) }),
    functions: {
      // A minute for each, three more attempts with a rest between them, and somebody who looks at what is left.
      mail: { timeout: 60_000, retries: 3, backoff: { minDelay: 1000, maxDelay: 60_000 }, deadLetter: 'undeliverable' },
      // Nobody waits for a thumbnail that nobody can make.
      thumbnail: { requireWorker: true, maxQueue: 1000 },
    },
  });
  await server.listen({ port: Number(values.port), host: '127.0.0.1' });
  server.closeOnSignals();
  console.log(`listening on 127.0.0.1:${server.port}, with ${server.jobs.total} jobs`);
  if (server.damage !== undefined) console.warn(server.damage.detail);
});
