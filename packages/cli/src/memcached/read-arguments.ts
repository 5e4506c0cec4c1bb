import { Exit, ExitStatus } from '../shared/exit.ts';
import { type Given, readOptions, type Refusals } from '../shared/read-options.ts';
import { OPTIONS, SUBOPTIONS } from './option-table.ts';

const REFUSALS: Refusals = {
  unknown: (written) => refusal(`unrecognized option '${written}'\nIllegal argument "?"`),
  needless: (written) => refusal(`option ${written} doesn't allow an argument`),
  missing: (written) => refusal(`option ${written} requires an argument`),
};

/**
 * Reads arguments as memcached does; what is no option is ignored.
 *
 * @throws {Exit} an option is unknown, or its value is missing
 */
export function readArguments(args: readonly string[]): Given[] {
  return readOptions(args, OPTIONS, REFUSALS);
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

function refusal(text: string): Exit {
  return new Exit(ExitStatus.Failure, `memcached: ${text}`);
}
