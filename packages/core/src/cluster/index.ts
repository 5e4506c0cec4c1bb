export type { Start, Stoppable } from './as-worker.ts';
export type { WorkersOptions } from './run-workers.ts';
export type { Workers, WorkersResult } from './workers.ts';

export { runWorkers } from './run-workers.ts';
export { WorkerLostError, WorkerStartError } from './errors.ts';
