/** Entry of a server of several processes: `node serve-workers.js <kind> <port> <workers>`. */
import cluster from 'node:cluster';
import { once } from 'node:events';

import { loadServer } from '../load/load-server.ts';
import { isServerKind } from '../load/server-kind.ts';

const [kind = '', port, count] = process.argv.slice(2);
if (!isServerKind(kind)) throw new Error(`serve-workers: no server kind "${kind}"`);
if (cluster.isPrimary) {
  // With fewer workers it would not be what was asked for.
  cluster.on('exit', (_worker, code) => process.exit(code || 1));
  const workers = Array.from({ length: Number(count) }, () => cluster.fork());
  // All listen at once: the first one that listens gets the connections of those that do not yet.
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  for (const worker of workers) worker.send('listen');
} else {
  const start = await loadServer(kind);
  process.send!('loaded');
  await once(process, 'message');
  await start(Number(port), '');
}
