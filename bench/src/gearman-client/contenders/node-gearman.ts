import Gearman from 'node-gearman';

import type { Library } from './library.ts';

/** node-gearman: jobs that are streams, over one connection for each; a worker has one job at a time. */
export const library: Library = {
  openClient: (port, name) => {
    const client = new Gearman('127.0.0.1', port);
    return {
      submit: (payload) =>
        new Promise((resolve, reject) => {
          let result = Buffer.alloc(0);
          client
            .submitJob(name, payload)
            .on('data', (data) => {
              // All of it comes at once when the worker ends it at once.
              result = data;
            })
            .on('end', () => resolve(result))
            .on('error', reject);
        }),
    };
  },
  startWorker: (port, name) => {
    new Gearman('127.0.0.1', port).registerWorker(name, (payload, worker) => worker.end(payload));
  },
};
