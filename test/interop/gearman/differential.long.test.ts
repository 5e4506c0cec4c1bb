import { describe, test } from 'vitest';

import { expectAlike } from './differential.ts';
import { gearmand, gearmandWith } from './gearmand.ts';
import { oursWith } from './ours.ts';

describe.runIf(gearmand !== undefined)('gearmand and ours', () => {
  // A failure says the path to the dialogue.
  test('answer many generated dialogues the same', async () => {
    await expectAlike(gearmandWith(gearmand!), oursWith({ wakeUp: 'all' }), 1000, 20_261_126);
  });
});
