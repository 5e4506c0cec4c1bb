import { parseArgs } from 'node:util';

import type { OptionInfo } from './option-info.ts';

/** An option as it was given, as often as it was given. */
export interface Given {
  readonly option: OptionInfo;
  /** Empty for one that has none. */
  readonly value: string;
  /** How it was written, for messages. */
  readonly written: string;
}

/** What arguments are refused with: each makes the error that is thrown. */
export interface Refusals {
  /** There is no such option. */
  unknown(written: string): Error;
  /** It has a value, and needs none. */
  needless(written: string): Error;
  /** It needs a value. */
  missing(written: string): Error;
  /** What is no option; without, it is ignored. */
  word?(text: string): Error;
}

/**
 * Reads arguments as getopt_long does: `-dvv`, `-p11211`, `-p 11211`, `--port=11211`, `-c -1`.
 *
 * @throws {Error} one that `refusals` makes
 */
export function readOptions(args: readonly string[], options: readonly OptionInfo[], refusals: Refusals): Given[] {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      options.map(({ long, short, value }) => [
        long,
        { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const given: Given[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional' && refusals.word !== undefined) throw refusals.word(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find(({ long }) => long === token.name);
    if (option === undefined) throw refusals.unknown(token.rawName);
    if (option.value === undefined && token.value !== undefined) throw refusals.needless(token.rawName);
    if (option.value !== undefined && token.value === undefined) throw refusals.missing(token.rawName);
    given.push({ option, value: token.value ?? '', written: token.rawName });
  }
  return given;
}
