import { afterAll, beforeAll, expect, test } from 'vitest';

import { Crowd } from './crowd.ts';
import { ANSWER, slowLoris, stalledReaders } from './hostile.ts';
import { inMB } from './memory.ts';

const KiB = 1024;

let crowd: Crowd;

beforeAll(() => {
  crowd = new Crowd();
});

afterAll(() => crowd.stop());

test('1,000 peers that send a byte of a frame each second are closed for it', async () => {
  const count = 1000;
  const frameTimeout = 3000;
  const loris = await slowLoris(crowd, count, 1000, frameTimeout);
  const { closed, fates, soonest, latest, bytes, meanwhile, afterwards, good } = loris;
  console.log(
    `slow loris: ${JSON.stringify(closed)} with a frame timeout of ${frameTimeout} ms after ${soonest.toFixed(0)} to ${latest.toFixed(0)} ms and ${bytes} bytes, ${JSON.stringify(fates)}; ${good}`,
  );
  expect(closed).toEqual({ 'frame-timeout': count });
  // That bytes kept coming did not help them, and nobody was closed too early.
  expect(bytes).toBeGreaterThan(count);
  expect(soonest).toBeGreaterThanOrEqual(frameTimeout - 5);
  // Those that end when the server does saw an end; the others were broken off.
  expect(fates.ended).toBeGreaterThanOrEqual(count / 2);
  expect([meanwhile > 0, afterwards > 0]).toEqual([true, true]);
});

test('100 peers that ask and never read are broken off, and cost little until then', async () => {
  const count = 100;
  const readers = await stalledReaders(crowd, count, 2000);
  const { closed, fates, buffered, before, during, rss, meanwhile, afterwards, good } = readers;
  const grown = during.heapUsed + during.external - before.heapUsed - before.external;
  console.log(
    `never reading: ${JSON.stringify(closed)}, ${JSON.stringify(fates)}; at most ${buffered} bytes unsent on a connection, ${inMB(grown)} more held by all (external ${inMB(before.external)} to ${inMB(during.external)}), rss ${inMB(before.rss)} to ${inMB(rss)}; ${good}`,
  );
  expect(closed).toEqual({ 'write-stall': count });
  // Below the high-water mark of 64 KiB it goes on, with a slab of 64 KiB and one answer at most.
  expect(buffered).toBeLessThan(128 * KiB + ANSWER);
  // That, and a chunk that was received meanwhile.
  expect(grown).toBeLessThan(count * 512 * KiB);
  expect([meanwhile > 0, afterwards > 0]).toEqual([true, true]);
});
