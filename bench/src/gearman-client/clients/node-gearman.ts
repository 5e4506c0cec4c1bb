import NodeGearman from 'node-gearman';

import type { Contender } from './job-client.ts';

/** node-gearman: a stream for each job. */
export const nodeGearmanContender: Contender = {
  open(port) {
    const client = new NodeGearman('127.0.0.1', port);
    return {
      submit: (name, payload) =>
        new Promise((resolve, reject) => {
          const pieces: Buffer[] = [];
          const job = client.submitJob(name, payload);
          job.on('data', (piece) => void pieces.push(piece));
          job.on('end', () => resolve(Buffer.concat(pieces)));
          job.on('error', reject);
        }),
    };
  },
  work(port, name) {
    new NodeGearman('127.0.0.1', port).registerWorker(name, (payload, worker) => worker.end(payload));
  },
};
