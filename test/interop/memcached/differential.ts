import * as fc from 'fast-check';
import { expect } from 'vitest';

import { type Dialogue, holdUntilAlike } from './dialogue.ts';
import type { TwoServers } from './two-servers.ts';

/** Has both servers answer `runs` generated dialogues alike. The seed is in what a failure says, and makes the same ones again. */
export async function expectAlike(
  servers: TwoServers,
  dialogues: fc.Arbitrary<Dialogue>,
  runs: number,
  seed: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(dialogues, async (dialogue) => {
      const { real, ours } = await holdUntilAlike(servers, dialogue);
      expect(ours).toEqual(real);
    }),
    { numRuns: runs, seed, endOnFailure: runs > 1000 },
  );
}
