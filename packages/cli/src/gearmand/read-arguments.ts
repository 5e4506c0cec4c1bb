import { readFileSync } from 'node:fs';

import { Exit, ExitStatus } from '../shared/exit.ts';
import { type Given, readOptions, type Refusals } from '../shared/read-options.ts';
import { OPTIONS } from './option-table.ts';

const REFUSALS: Refusals = {
  unknown: (written) => mistake(`unrecognised option '${written}'`),
  needless: (written) => mistake(`option '${written}' does not take any arguments`),
  missing: (written) => mistake(`the required argument for option '${written}' is missing`),
  word: (text) => mistake(`unrecognised option '${text}'`),
};

/** What ends the process, in gearmand's words: it has one status for all mistakes. */
export function mistake(text: string): Exit {
  return new Exit(ExitStatus.Failure, `gearmand: ${text}`);
}

/**
 * Reads arguments as gearmand does, and the file that `--config-file` names, for what the arguments do not say.
 *
 * @throws {Exit} an option is unknown or given twice, a value is missing, something is no option, or the file cannot be read
 */
export function readArguments(args: readonly string[]): Given[] {
  const given = readOptions(args, OPTIONS, REFUSALS);
  const twice = given.find(({ option }, at) => given.findIndex((other) => other.option === option) < at);
  if (twice !== undefined) throw mistake(`option '--${twice.option.long}' cannot be specified more than once`);
  const file = given.find(({ option }) => option.long === 'config-file');
  if (file === undefined) return given;
  const names = new Set(given.map(({ option }) => option.long));
  return given.concat(readFile(file.value).filter(({ option }) => !names.has(option.long)));
}

/** Options of lines `name=value`, or `name`; what begins with `#` is a comment. */
function readFile(path: string): Given[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw mistake('Could not open configuration file.');
  }
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, '').trim());
  return readOptions(
    lines.filter((line) => line !== '').map((line) => `--${line.replace(/\s*=\s*/, '=')}`),
    OPTIONS,
    REFUSALS,
  );
}
