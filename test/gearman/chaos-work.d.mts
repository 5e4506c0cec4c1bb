import type { Job } from '@wirewright/gearman';

/** Does a job, and tells `+index` when it begins and `-index` when it is done. */
export function work(job: Job, told: (what: string) => void): Promise<string>;
