import { WireError } from '@wirewright/core';

/** Runs an example. An error whose message says what to do is printed without its stack, and the exit status is 1. */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof WireError) && !isUsageError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Whether `parseArgs` did not understand the command line. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
