import type { Effect, OptionInfo } from './option-info.ts';
import type { Given } from './read-options.ts';

const EFFECTS: readonly Effect[] = ['works', 'none', 'refused'];

/** Lines of help: options of `program` by what becomes of them, under a heading for each. */
export function helpOf(
  program: string,
  options: readonly OptionInfo[],
  lineOf: (option: OptionInfo) => string = optionLine,
): string[] {
  const headings: Readonly<Record<Effect, string>> = {
    works: `These work as ${program}'s do:`,
    none: 'These are taken, with a warning that they have no effect:',
    refused: 'With these it does not start:',
  };
  return EFFECTS.flatMap((effect) => {
    const lines = options.filter((option) => option.effect === effect).map((option) => lineOf(option));
    return lines.length === 0 ? [] : [headings[effect]].concat(lines, '');
  });
}

function optionLine({ short, long, value, text }: OptionInfo): string {
  const name = `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : `=<${value}>`}`;
  return `${name.padEnd(32)} ${text}`;
}

/** A line for each option that has no effect, unless it says what is the case anyway. */
export function warningsOf(given: readonly Given[], isHarmless: (given: Given) => boolean): string[] {
  const lines = given
    .filter((it) => it.option.effect === 'none' && !isHarmless(it))
    .map(({ option, value, written }) => `${[written, value].join(' ').trimEnd()} has no effect: ${option.text}`);
  return [...new Set(lines)];
}

/** What is said of the first option that is refused. */
export function refusalOf(given: readonly Given[]): string | undefined {
  const refused = given.find(({ option }) => option.effect === 'refused');
  return refused === undefined ? undefined : `${refused.written} does not work: ${refused.option.text}`;
}
