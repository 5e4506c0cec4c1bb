import { WireError } from '@wirewright/core';

/** Runs an example. An error whose message says what to do is printed without its stack, and ends all, with status 1. */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof WireError) && !isUsageError(error)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** Whether `parseArgs` did not understand the command line, or a server of Node's own cannot have the port that it names. */
function isUsageError(error: unknown): error is Error {
  const expected = /^(ERR_PARSE_ARGS|ERR_SOCKET_BAD_PORT$|EADDRINUSE$|EACCES$)/;
  return error instanceof Error && 'code' in error && expected.test(String(error.code));
}
