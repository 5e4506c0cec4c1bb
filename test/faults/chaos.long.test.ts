import { expect, test } from 'vitest';

import { inWords, leavingNothing, throughPool, throughReconnect } from './chaos.ts';

test.each([
  ['a pool', throughPool],
  ['a client that reconnects', throughReconnect],
])(
  'each of 50,000 requests through %s settles once, with its own reply or an error, and nothing is left',
  async (name, run) => {
    const report = await leavingNothing(() => run(50_000, 1));
    console.log(inWords(name, report));
    expect(report.fulfilled).toBeGreaterThan(20_000);
    expect([report.reconnects > 10, report.restarts > 1]).toEqual([true, true]);
  },
);
