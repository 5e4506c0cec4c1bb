import { WireError } from '@wirewright/core';
import { Command } from 'commander';

import { runGearmand } from './gearmand/run-gearmand.ts';
import { runMemcached } from './memcached/run-memcached.ts';
import { ownVersion } from './own-version.ts';
import { quasizeroCommand } from './quasizero-command.ts';

/** Runs the command with these arguments. */
export async function run(args: readonly string[]): Promise<void> {
  const program = new Command('wirewright')
    .description('Protocol servers on one machine, from a terminal.')
    .version(ownVersion())
    .addCommand(memcachedCommand())
    .addCommand(gearmandCommand())
    .addCommand(quasizeroCommand())
    .showHelpAfterError('(--help lists the options)');
  try {
    // These have the arguments of memcached and gearmand, and read them as those do.
    if (args[0] === 'memcached') await runMemcached(args.slice(1));
    else if (args[0] === 'gearmand') await runGearmand(args.slice(1));
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // These say what to do; a stack would hide it.
    if (!(error instanceof WireError)) throw error;
    console.error(`wirewright: ${error.message}`);
    process.exitCode = 1;
  }
}

function memcachedCommand(): Command {
  return new Command('memcached').summary('a memcached server, with the options of memcached: -h lists them');
}

function gearmandCommand(): Command {
  return new Command('gearmand').summary('a Gearman job server, with the options of gearmand: -h lists them');
}
