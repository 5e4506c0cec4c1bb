import type { JobFunction } from './job-function.ts';
import type { JobQueue } from './job-queue.ts';
import type { Peer } from './peer.ts';

const PRIORITIES = [0, 1, 2] as const;

/** Where the next job of a worker stands: of the highest priority, of the function among those whose turn was longest ago. */
export function nextQueue(worker: Peer): JobQueue | undefined {
  for (const priority of PRIORITIES) {
    let chosen: JobFunction | undefined;
    for (const of of worker.abilities.keys()) {
      if (of.ready[priority].length > 0 && (chosen === undefined || of.turn < chosen.turn)) chosen = of;
    }
    if (chosen !== undefined) return chosen.ready[priority];
  }
  return undefined;
}
