#!/usr/bin/env node
import { WireError } from '@wirewright/core';
import { Command } from 'commander';

import { quasizeroCommand } from './quasizero-command.ts';

const program = new Command('wirewright')
  .description('Protocol servers on one machine, from a terminal.')
  .addCommand(quasizeroCommand())
  .showHelpAfterError('(--help lists the options)');

try {
  await program.parseAsync();
} catch (error) {
  // These say what to do; a stack would hide it.
  if (!(error instanceof WireError)) throw error;
  console.error(`wirewright: ${error.message}`);
  process.exitCode = 1;
}
