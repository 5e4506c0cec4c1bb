import { helpOf } from '../shared/effects.ts';
import type { OptionInfo } from '../shared/option-info.ts';
import { OPTIONS, SUBOPTIONS } from './option-table.ts';

/** What `-h` prints: all options of memcached, by what becomes of them. */
export function helpText(version: string): string {
  return [
    `memcached ${version}, as wirewright answers it`,
    '',
    ...helpOf('memcached', OPTIONS),
    'Extended options, -o <name>[=<value>],...; most can have no_ in front.',
    '',
    ...helpOf('memcached', SUBOPTIONS, suboptionLine),
    'Environment: MEMCACHED_PORT_FILENAME names a file that gets a line for each port it listens on.',
  ].join('\n');
}

function suboptionLine({ long, value, text }: OptionInfo): string {
  return `   - ${`${long}${value === undefined ? '' : `=<${value}>`}`.padEnd(28)} ${text}`;
}
