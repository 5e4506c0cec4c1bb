import { GearmanClient, Worker } from '@wirewright/gearman';

import type { Library } from './library.ts';

/** Ours, over one connection for each. */
export const library: Library = {
  openClient: (port, name) => {
    const client = new GearmanClient(`127.0.0.1:${port}`);
    return { submit: (payload) => client.submit(name, payload) };
  },
  startWorker: (port, name, jobs) => {
    new Worker(`127.0.0.1:${port}`, { concurrency: jobs }).handle(name, (job) => job.payload);
  },
};
