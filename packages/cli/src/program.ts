/** Runs the command with these arguments. Each loads what it needs and no more: that is most of what a start takes. */
export async function run(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  try {
    // These have the arguments of memcached and gearmand, and read them as those do.
    if (name === 'memcached') await (await import('./memcached/run-memcached.ts')).runMemcached(rest);
    else if (name === 'gearmand') await (await import('./gearmand/run-gearmand.ts')).runGearmand(rest);
    else await (await import('./root-command.ts')).rootCommand().parseAsync(args, { from: 'user' });
  } catch (error) {
    const { WireError } = await import('@wirewright/core');
    // These say what to do; a stack would hide it.
    if (!(error instanceof WireError)) throw error;
    console.error(`wirewright: ${error.message}`);
    process.exitCode = 1;
  }
}
