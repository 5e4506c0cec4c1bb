import type { StoredJob } from '@wirewright/gearman';

/** A job as a store keeps it, with something of its number in it. */
export function job(id: number, fields?: Partial<StoredJob>): StoredJob;
