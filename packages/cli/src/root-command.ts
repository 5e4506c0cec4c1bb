import { Command } from 'commander';

import { ownVersion } from './own-version.ts';
import { quasizeroCommand } from './quasizero-command.ts';

/** `wirewright` with all of its commands, of which those that read their arguments as their originals do are listed only. */
export function rootCommand(): Command {
  return new Command('wirewright')
    .description('Protocol servers on one machine, from a terminal.')
    .version(ownVersion())
    .addCommand(memcachedCommand())
    .addCommand(gearmandCommand())
    .addCommand(quasizeroCommand())
    .showHelpAfterError('(--help lists the options)');
}

function memcachedCommand(): Command {
  return new Command('memcached').summary('a memcached server, with the options of memcached: -h lists them');
}

function gearmandCommand(): Command {
  return new Command('gearmand').summary('a Gearman job server, with the options of gearmand: -h lists them');
}
