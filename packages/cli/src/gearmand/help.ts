import { helpOf } from '../shared/effects.ts';
import type { Effect } from '../shared/option-info.ts';
import { OPTIONS } from './option-table.ts';

const HEADINGS: Readonly<Record<Effect, string>> = {
  works: "These work as gearmand's do:",
  none: 'These are taken, with a warning that they have no effect:',
  refused: 'With these it does not start:',
};

/** What `-h` prints: all options of gearmand, by what becomes of them. */
export function helpText(version: string): string {
  return [`gearmand ${version}, as wirewright answers it`, '', ...helpOf(OPTIONS, HEADINGS)].join('\n').trimEnd();
}
