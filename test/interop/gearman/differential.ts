import * as fc from 'fast-check';
import { expect } from 'vitest';

import { hold } from './dialogue.ts';
import { dialogue } from './generated.ts';
import type { Start } from './server-under-test.ts';

/** Has both servers answer `runs` generated dialogues alike. The seed is in what a failure says, and makes the same ones again. */
export async function expectAlike(real: Start, ours: Start, runs: number, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(dialogue, async (steps) => {
      const [expected, actual] = await Promise.all([hold(real, steps), hold(ours, steps)]);
      expect(actual).toEqual(expected);
    }),
    { numRuns: runs, seed, endOnFailure: runs > 100 },
  );
}
