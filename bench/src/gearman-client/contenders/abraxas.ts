import Gearman from 'abraxas';

import type { Library } from './library.ts';

/** abraxas: streams and promises, over one connection for each. */
export const library: Library = {
  openClient: (port, name) => {
    const client = Gearman.Client.connect({ host: '127.0.0.1', port });
    return { submit: (payload) => client.submitJob(name, payload) };
  },
  startWorker: (port, name, jobs) => {
    Gearman.Client.connect({ host: '127.0.0.1', port, maxJobs: jobs }).registerWorker(name, ({ payload }) => payload);
  },
};
