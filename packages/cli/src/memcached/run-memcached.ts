import { runServer } from '../shared/run-server.ts';
import { planOf } from './plan.ts';

/** `wirewright memcached`: runs with memcached's own arguments, and ends as it does. */
export function runMemcached(args: readonly string[]): Promise<void> {
  return runServer(
    () => planOf(args, process.env),
    async (plan, say) => {
      // Neither help nor a mistake nor the start of a process in the background waits for it.
      const { serve } = await import('./serve.ts');
      await serve(plan, say);
    },
  );
}
