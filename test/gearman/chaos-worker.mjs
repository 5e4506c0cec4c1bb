// A worker that is killed: node chaos-worker.mjs <options as JSON> <server> [<server> ...]. Prints what its jobs tell.
import { Worker } from '@wirewright/gearman';

import { work } from './chaos-work.mjs';

const [options, ...servers] = process.argv.slice(2);
const told = (what) => process.stdout.write(`${what}\n`);
new Worker(servers, JSON.parse(options))
  .onError(() => {})
  .handle('work', (job) => work(job, told))
  .closeOnSignals();
told('there');
