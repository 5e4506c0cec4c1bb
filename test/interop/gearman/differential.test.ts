import { describe, expect, test } from 'vitest';

import { program } from '../../support/programs.ts';
import { ADMIN_CASES } from './admin-cases.ts';
import { type Dialogue, hold } from './dialogue.ts';
import { expectAlike } from './differential.ts';
import { gearmandWith } from './gearmand.ts';
import { LIFE_CASES } from './life-cases.ts';
import { MALFORMED_CASES } from './malformed-cases.ts';
import { PACKET_CASES } from './packet-cases.ts';

const gearmand = program('gearmand', 'gearman-job-server');

const CASES: readonly [string, Dialogue][] = [...PACKET_CASES, ...LIFE_CASES, ...ADMIN_CASES, ...MALFORMED_CASES];

describe.runIf(gearmand !== undefined)('gearmand', () => {
  const real = gearmandWith(gearmand!);
  const ours = real;

  test('is compared by many cases', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(400);
  });

  test.each(CASES)('answers the same each time: %s', async (_, dialogue) => {
    const [expected, actual] = await Promise.all([hold(real, dialogue), hold(ours, dialogue)]);
    expect(actual).toEqual(expected);
  });

  test('answers generated dialogues the same each time', async () => {
    await expectAlike(real, ours, 100, 4730);
  });
});
