import gearmanode from 'gearmanode';

import type { Library } from './library.ts';

/** gearmanode: events, over one connection for each; a worker has one job at a time. */
export const library: Library = {
  openClient: (port, name) => {
    const client = gearmanode.client({ host: '127.0.0.1', port });
    return {
      submit: (payload) =>
        new Promise((resolve, reject) => {
          const job = client.submitJob(name, payload);
          job.on('complete', () => resolve(job.response));
          job.on('failed', () => reject(new Error('the job failed')));
        }),
    };
  },
  startWorker: (port, name) => {
    gearmanode.worker({ host: '127.0.0.1', port }).addFunction(name, (job) => job.workComplete(job.payload));
  },
};
