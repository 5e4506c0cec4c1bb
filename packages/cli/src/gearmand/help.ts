import { helpOf } from '../shared/effects.ts';
import { OPTIONS } from './option-table.ts';

/** What `-h` prints: all options of gearmand, by what becomes of them. */
export function helpText(version: string): string {
  return [`gearmand ${version}, as wirewright answers it`, '', ...helpOf('gearmand', OPTIONS)].join('\n').trimEnd();
}
