import { runServer } from '../shared/run-server.ts';
import { planOf } from './plan.ts';
import { serve } from './serve.ts';

/** `wirewright gearmand`: runs with gearmand's own arguments, and ends as it does. */
export function runGearmand(args: readonly string[]): Promise<void> {
  return runServer(() => planOf(args), serve);
}
