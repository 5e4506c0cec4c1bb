import { wireLog } from '@wirewright/core';
import { QuasizeroServer } from '@wirewright/quasizero';
import { Command, InvalidArgumentError } from 'commander';

import { demoCommands } from './demo-commands.ts';
import { integerArgument } from './integer-argument.ts';

interface QuasizeroArguments {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly timeout: number;
  readonly idleTimeout: number;
  readonly verbose: boolean;
}

/** Longest time that a timer can wait, in ms. */
const MAX_TIME = 2 ** 31 - 1;

/** `wirewright quasizero`: a server with commands to try a client on. */
export function quasizeroCommand(): Command {
  const port = integerArgument(0, 65_535);
  const time = integerArgument(0, MAX_TIME);
  return new Command('quasizero')
    .summary('a quasizero server with commands to try a client on')
    .description(
      'A quasizero server with commands to try a client on: 1 answers PONG, 2 what it was sent, payload and metadata, ' +
        'and 3 always fails.',
    )
    .option('-p, --port <number>', 'TCP port; 0 takes a free one', port, 11_300)
    .option('--host <address>', 'address to listen on', addressArgument, '127.0.0.1')
    .option('--path <path>', 'unix socket to listen on, instead of a port')
    .option('--timeout <ms>', 'for a request to arrive and for an answer to be taken; 0 for no limit', time, 30_000)
    .option('--idle-timeout <ms>', 'after which a silent connection is closed; 0 for never', time, 0)
    .option('-v, --verbose', 'log every connection and message to stderr', false)
    .showHelpAfterError('(--help lists the options)')
    .action(serve);
}

async function serve({ port, host, path, timeout, idleTimeout, verbose }: QuasizeroArguments): Promise<void> {
  if (verbose) wireLog();
  const server = new QuasizeroServer(demoCommands, {
    timeout: timeout === 0 ? false : timeout,
    idleTimeout: idleTimeout === 0 ? false : idleTimeout,
  });
  await server.listen(path === undefined ? { port, host } : { path });
  server.closeOnSignals();
  console.log(`quasizero: listening on ${path ?? `${host.includes(':') ? `[${host}]` : host}:${server.port}`}`);
}

/** An empty one, of a variable that is not set, would listen everywhere. */
function addressArgument(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is a name or an address.');
  return text;
}
