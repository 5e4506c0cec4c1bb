import { isDaemon, startDaemon, tellFailed, tellServing, tellStarter } from './daemon.ts';
import { Exit, ExitStatus } from './exit.ts';
import { planOf } from './plan.ts';
import { serve } from './serve.ts';

/** `wirewright memcached`: runs with memcached's own arguments, and ends as it does. */
export async function runMemcached(args: readonly string[]): Promise<void> {
  const background = isDaemon();
  const say = background ? tellStarter : (line: string): void => console.error(line);
  try {
    const plan = planOf(args, process.env);
    if (plan.daemon && !background) {
      await startDaemon(say);
      return;
    }
    await serve(plan, say);
    if (background) tellServing();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.message !== '') (error.status === ExitStatus.Ok ? console.log : say)(error.message);
    if (background) tellFailed(error.status);
    process.exitCode = error.status;
  }
}
