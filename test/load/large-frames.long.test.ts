import { expect, test } from 'vitest';

import { exchangeFrames, unsentBound } from './large-frames.ts';
import { inMB } from './memory.ts';

const MiB = 1024 * 1024;

test('64 frames of 1 MiB wait with those who asked, not in the connection', async () => {
  const { answered, client, server, rss, took } = await exchangeFrames(64, MiB);
  const bound = unsentBound(MiB);
  console.log(
    `large frames: ${answered} echoed in ${took.toFixed(0)} ms; at most ${client} bytes unsent by the client and ${server} by the server, bound ${bound}; rss up to ${inMB(rss)}`,
  );
  expect(answered).toBe(64);
  // Both have waited for the other, or nothing was put to the test.
  expect(Math.min(client, server)).toBeGreaterThan(MiB);
  expect(Math.max(client, server)).toBeLessThanOrEqual(bound);
});
