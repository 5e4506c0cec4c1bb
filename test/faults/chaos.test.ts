import { expect, test } from 'vitest';

import { leavingNothing, throughPool, throughReconnect } from './chaos.ts';

test.each([
  ['a pool', throughPool],
  ['a client that reconnects', throughReconnect],
])('each request through %s settles once, with its own reply or an error, and nothing is left', async (_name, run) => {
  const { fulfilled, reconnects, rejected, restarts } = await leavingNothing(() => run(1000, 20_261_121));
  expect(fulfilled).toBeGreaterThan(100);
  expect(Object.keys(rejected).length).toBeGreaterThan(0);
  expect([reconnects > 0, restarts > 0]).toEqual([true, true]);
});
