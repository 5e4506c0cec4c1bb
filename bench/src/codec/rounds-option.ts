import { parseArgs } from 'node:util';

import { UsageError } from '../usage-error.ts';

/** The one option of benchmarks of codecs: how often everything is timed. */
export function roundsOption(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '31' } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a number of at least 1');
  return rounds;
}
