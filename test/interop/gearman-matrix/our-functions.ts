import { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { type Job, type JobResult, Worker } from '@wirewright/gearman';

import type { WorkerUnderTest } from './worker-under-test.ts';

/** An error with nothing but its message, as it is sent to clients that want exceptions. */
function because(text: string): Buffer {
  return Buffer.from(`because of ${text}\n`);
}

const FUNCTIONS: Readonly<Record<string, (job: Job) => JobResult | Promise<JobResult>>> = {
  echo: (job) => job.payload,
  reverse(job) {
    const bytes = Buffer.from(job.payload);
    bytes.reverse();
    return bytes;
  },
  async steps(job) {
    for (let i = 1; i <= 4; i++) await job.status(i, 4);
    return 'stepped';
  },
  async pieces(job) {
    for (let i = 1; i <= 3; i++) await job.data(`piece\0${i}`);
    return 'whole';
  },
  async warn(job) {
    await job.warning('careful\0!');
    return 'warned';
  },
  throw(job) {
    job.exception(because(job.text));
    return undefined;
  },
  fail(job) {
    job.fail();
    return undefined;
  },
  // Writes down that a task is done; one whose text begins with `wait` waits for the file to have a gate.
  async note(job) {
    const [file, text] = job.text.split('\n') as [string, string];
    while (text.startsWith('wait') && !existsSync(`${file}.gate`)) await pause(5, undefined, { signal: job.signal });
    await appendFile(file, `${text}\n`);
    return text;
  },
};

/** Our worker. */
export function ourWorker(port: number): WorkerUnderTest {
  const worker = new Worker(`127.0.0.1:${port}`);
  // The server in Perl answers to data and warnings with errors.
  worker.onError(() => {});
  for (const [name, handler] of Object.entries(FUNCTIONS)) worker.handle(`ours.${name}`, handler);
  return {
    close: async () => {
      await worker.close();
    },
  };
}
