import { isDaemon, startDaemon, tellFailed, tellServing, tellStarter } from './daemon.ts';
import { Exit, ExitStatus } from './exit.ts';

/**
 * Runs what a command line asks for, in the background if it says so, and ends the process when it cannot.
 *
 * @param planOf reads the command line; throws an {@link Exit} when the process is to end instead
 * @param serve runs the plan, and resolves when it serves; `say` takes lines for stderr
 */
export async function runServer<Plan extends { readonly daemon: boolean }>(
  planOf: () => Plan,
  serve: (plan: Plan, say: (line: string) => void) => Promise<void>,
): Promise<void> {
  const background = isDaemon();
  const say = background ? tellStarter : (line: string): void => console.error(line);
  try {
    const plan = planOf();
    if (plan.daemon && !background) {
      await startDaemon(say);
      return;
    }
    await serve(plan, say);
    if (background) tellServing();
  } catch (error) {
    if (!(error instanceof Exit)) {
      // Nobody would see what this process prints.
      if (background) tellStarter(`wirewright: ${(error as Error).message}`);
      throw error;
    }
    if (error.message !== '') (error.status === ExitStatus.Ok ? console.log : say)(error.message);
    if (background) tellFailed(error.status);
    process.exitCode = error.status;
  }
}
