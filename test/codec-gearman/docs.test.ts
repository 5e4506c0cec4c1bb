import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packetRules } from '@wirewright/codec-gearman';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../docs/gearman.md'), 'utf8');

/** The rows of the tables, each as its cells. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test.each(packetRules.filter((rule) => rule !== undefined))(
  'the page has $name as it is',
  ({ type, name, args, opaque }) => {
    const row = rows.find(([, , names]) => names?.split(', ').includes(`\`${name}\``));
    expect(row).toBeDefined();
    const [, numbers, names, given] = row!;
    const place = names!.split(', ').indexOf(`\`${name}\``);
    expect(numbers!.split(', ')[place]).toBe(String(type));
    expect(given).toBe(args.map((arg, i) => (opaque && i === args.length - 1 ? `+${arg}` : arg)).join(', '));
  },
);
