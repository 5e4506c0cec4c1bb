import { runServer } from '../shared/run-server.ts';
import { planOf } from './plan.ts';
import { serve } from './serve.ts';

/** `wirewright memcached`: runs with memcached's own arguments, and ends as it does. */
export function runMemcached(args: readonly string[]): Promise<void> {
  return runServer(() => planOf(args, process.env), serve);
}
