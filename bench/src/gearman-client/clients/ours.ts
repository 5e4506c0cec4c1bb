import { GearmanClient, Worker } from '@wirewright/gearman';

import type { Contender } from './job-client.ts';

export const ours: Contender = {
  open(port) {
    const client = new GearmanClient(`127.0.0.1:${port}`);
    return { submit: (name, payload) => client.submit(name, payload) };
  },
  work(port, name, concurrency) {
    new Worker(`127.0.0.1:${port}`, { concurrency }).handle(name, (job) => job.payload);
  },
};
