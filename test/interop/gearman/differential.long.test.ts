import { describe, expect, test } from 'vitest';

import { ADMIN_CASES } from './admin-cases.ts';
import { type Dialogue, hold } from './dialogue.ts';
import { DIFFERENCES } from './differences.ts';
import { expectAlike } from './differential.ts';
import { gearmand, gearmandWith } from './gearmand.ts';
import { LIFE_CASES } from './life-cases.ts';
import { MALFORMED_CASES } from './malformed-cases.ts';
import { oursWith } from './ours.ts';
import { PACKET_CASES } from './packet-cases.ts';

const CASES: readonly [string, Dialogue][] = [...PACKET_CASES, ...LIFE_CASES, ...ADMIN_CASES, ...MALFORMED_CASES];

const PROOFS = DIFFERENCES.flatMap(({ what, proofs }) =>
  proofs.map(([dialogue, ours], at): [string, Dialogue, string] => [`${what}, ${at + 1}`, dialogue, ours]),
);

describe.runIf(gearmand !== undefined)('gearmand and ours', () => {
  const real = gearmandWith(gearmand!);
  // gearmand wakes all workers that sleep.
  const ours = oursWith({ wakeUp: 'all' });

  test('are compared by many cases, and differ in few', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(400);
    expect(DIFFERENCES.length).toBeLessThanOrEqual(14);
  });

  test.each(CASES)('answer the same: %s', async (_, dialogue) => {
    const [expected, actual] = await Promise.all([hold(real, dialogue), hold(ours, dialogue)]);
    expect(actual).toEqual(expected);
  });

  // A failure says the path to the dialogue.
  test('answer many generated dialogues the same', async () => {
    await expectAlike(real, ours, 1000, 20_261_126);
  });

  // Some wait for what gearmand never says.
  test.concurrent.each(PROOFS)('differ: %s', async (_, dialogue, said) => {
    const [theirs, own] = await Promise.all([hold(real, dialogue), hold(ours, dialogue)]);
    expect(own.at(-1)).toBe(said);
    expect(theirs.at(-1)).not.toBe(said);
  });
});
