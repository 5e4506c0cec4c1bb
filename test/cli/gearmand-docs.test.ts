import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { OPTIONS } from '../../packages/cli/src/gearmand/option-table.ts';
import type { OptionInfo } from '../../packages/cli/src/shared/option-info.ts';

const page = readFileSync(new URL('../../docs/gearmand-options.md', import.meta.url), 'utf8');

const EFFECTS = { works: 'works', none: 'no effect, with a warning', refused: 'refused, status 1' } as const;

/** The cells of the row of an option. */
function rowOf({ long }: OptionInfo): string[] | undefined {
  const row = page.split('\n').find((line) => new RegExp(`^\\| (\`-.\`, )?\`--${long}\``).test(line));
  return row?.split('|').map((cell) => cell.trim());
}

test('the page of the options has a row for each, which says what the program says', () => {
  for (const option of OPTIONS) {
    const [, , effect, text] = rowOf(option) ?? [];
    expect([option.long, effect, text]).toEqual([option.long, EFFECTS[option.effect], option.text]);
  }
});
