import abraxas from 'abraxas';

import type { Contender } from './job-client.ts';

/** abraxas: a stream for each job, which is a promise as well. */
export const abraxasContender: Contender = {
  open(port) {
    const client = abraxas.Client.connect({ servers: [`127.0.0.1:${port}`] });
    return { submit: (name, payload) => client.submitJob(name, payload) };
  },
  work(port, name, concurrency) {
    const worker = abraxas.Client.connect({ servers: [`127.0.0.1:${port}`], maxJobs: concurrency });
    worker.registerWorker(name, (task) => task.payload);
  },
};
