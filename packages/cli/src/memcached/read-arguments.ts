import { parseArgs } from 'node:util';

import { Exit, ExitStatus } from './exit.ts';
import { type OptionInfo, OPTIONS, SUBOPTIONS } from './option-table.ts';

/** An option as it was given, as often as it was given. */
export interface Given {
  readonly option: OptionInfo;
  /** Empty for one that has none. */
  readonly value: string;
  /** How it was written, for messages. */
  readonly written: string;
}

/**
 * Reads arguments as getopt_long does: `-dvv`, `-p11211`, `-p 11211`, `--port=11211`, `-c -1`; what is no option is ignored.
 *
 * @throws {Exit} an option is unknown, or its value is missing
 */
export function readArguments(args: readonly string[]): Given[] {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      OPTIONS.map(({ long, short, value }) => [
        long,
        { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const given: Given[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = OPTIONS.find(({ long }) => long === token.name);
    if (option === undefined) throw unknown(token.rawName);
    if ((option.value === undefined) !== (token.value === undefined)) {
      const what = option.value === undefined ? "doesn't allow an argument" : 'requires an argument';
      throw new Exit(ExitStatus.Failure, `memcached: option ${token.rawName} ${what}`);
    }
    given.push({ option, value: token.value ?? '', written: token.rawName });
  }
  return given;
}

/**
 * Reads what `-o` has been given: `name`, `no_name` or `name=value`, with commas between.
 *
 * @throws {Exit} one is unknown, or its value is missing
 */
export function readSuboptions(list: string): Given[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...rest] = part.split('=');
      const option = SUBOPTIONS.find(({ long }) => long === name || `no_${long}` === name);
      if (option === undefined) throw new Exit(ExitStatus.Failure, `Illegal suboption "${part}"`);
      if (option.value !== undefined && option.long === name && rest.length === 0 && option.effect === 'works')
        throw new Exit(ExitStatus.Failure, `Missing ${option.long} argument`);
      return { option, value: rest.join('='), written: `-o ${name}` };
    });
}

function unknown(written: string): Exit {
  return new Exit(ExitStatus.Failure, `memcached: unrecognized option '${written}'\nIllegal argument "?"`);
}
