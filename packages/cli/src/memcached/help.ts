import { type Effect, type OptionInfo, OPTIONS, SUBOPTIONS } from './option-table.ts';

const HEADINGS: Readonly<Record<Effect, string>> = {
  works: "These work as memcached's do:",
  none: 'These are taken, with a warning that they have no effect:',
  refused: 'With these it does not start:',
};

const EFFECTS: readonly Effect[] = ['works', 'none', 'refused'];

/** What `-h` prints: all options of memcached, by what becomes of them. */
export function helpText(version: string): string {
  const lines = [`memcached ${version}, as wirewright answers it`, ''];
  for (const effect of EFFECTS) {
    lines.push(HEADINGS[effect], ...OPTIONS.filter((option) => option.effect === effect).map(optionLine), '');
  }
  lines.push('Extended options, -o <name>[=<value>],...; most can have no_ in front.', '');
  for (const effect of EFFECTS) {
    lines.push(HEADINGS[effect], ...SUBOPTIONS.filter((option) => option.effect === effect).map(suboptionLine), '');
  }
  lines.push('Environment: MEMCACHED_PORT_FILENAME names a file that gets a line for each port it listens on.');
  return lines.join('\n');
}

function optionLine({ short, long, value, text }: OptionInfo): string {
  const name = `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : `=<${value}>`}`;
  return `${name.padEnd(30)} ${text}`;
}

function suboptionLine({ long, value, text }: OptionInfo): string {
  return `   - ${`${long}${value === undefined ? '' : `=<${value}>`}`.padEnd(28)} ${text}`;
}
