import type { MeasuredProcess } from '../process/measured-process.ts';
import type { GearmanLoad } from './gearman-load.ts';

/** Jobs that come and go before anything is measured: the first ones pay for what is compiled and allocated once. */
const FIRST = 20_000;

/** Resident bytes for each background job with a payload of 64 bytes. */
export interface JobMemory {
  /** While all of them wait. */
  readonly queued: number;
  /** What is still there when they are done. */
  readonly left: number;
}

/** Lets jobs wait, and then be done, by a server that was just started. */
export async function measureMemory(server: MeasuredProcess, load: GearmanLoad, jobs: number): Promise<JobMemory> {
  await load.fill(server, FIRST);
  await load.drain(server, FIRST);
  const before = server.usage().rssBytes;
  await load.fill(server, jobs);
  const queued = (server.usage().rssBytes - before) / jobs;
  await load.drain(server, jobs);
  return { queued, left: (server.usage().rssBytes - before) / jobs };
}
