import { createRequire } from 'node:module';

import gearmanode from 'gearmanode';

import type { Contender } from './job-client.ts';

const LOGGERS = ['Client', 'Worker', 'JobServer', 'Job', 'LBStrategy', 'protocol'];

/** It writes a line for each packet, which is not what is measured. */
function silence(): void {
  const { resolve } = createRequire(import.meta.url);
  const { loggers } = createRequire(resolve('gearmanode'))('winston') as Winston;
  for (const name of LOGGERS) loggers.get(name).silent = true;
}

interface Winston {
  readonly loggers: { get(name: string): { silent: boolean } };
}

/** gearmanode: an emitter for each job. */
export const gearmanodeContender: Contender = {
  open(port) {
    silence();
    const client = gearmanode.client({ host: '127.0.0.1', port });
    return {
      submit: (name, payload) =>
        new Promise((resolve, reject) => {
          const job = client.submitJob(name, payload);
          job.on('complete', () => resolve(job.response));
          job.on('failed', () => reject(new Error('the job failed')));
        }),
    };
  },
  work(port, name) {
    silence();
    gearmanode.worker({ host: '127.0.0.1', port }).addFunction(name, (job) => job.workComplete(job.payload));
  },
};
