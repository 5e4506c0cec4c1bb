// What the workers of the chaos do, in processes of their own as well: what comes of a job is made of its payload.
import { setTimeout as sleep } from 'node:timers/promises';

export async function work(job, told) {
  const { text } = job;
  const [index, kind, ms] = text.split(' ');
  told(`+${index}`);
  if (kind === 'pieces') await job.data(`first of ${text}`);
  await sleep(Number(ms));
  if (kind === 'pieces') await job.data(`second of ${text}`);
  told(`-${index}`);
  if (kind === 'throws') throw new Error(`threw ${text}`);
  if (kind === 'fails') job.fail();
  return `did ${text}`;
}
