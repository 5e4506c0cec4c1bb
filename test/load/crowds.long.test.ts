import { afterAll, beforeAll, expect, test } from 'vitest';

import { affordable, Crowd } from './crowd.ts';
import { churn, idle } from './crowds.ts';
import { about, inMB, type Memory } from './memory.ts';

const KiB = 1024;

let crowd: Crowd;

beforeAll(() => {
  crowd = new Crowd();
});

afterAll(() => crowd.stop());

const total = ({ heapUsed, external }: Memory): number => heapUsed + external;

test('10,000 idle connections are cheap, disturb nobody, and leave nothing behind', async () => {
  const wanted = 10_000;
  const count = affordable(wanted);
  if (count < wanted) console.log(`idle: only ${count} connections of ${wanted}, for want of file descriptors`);
  const { start, full, end, served, open, stayed, opening, meanwhile, counters, fates, good } = await idle(
    crowd,
    count,
  );
  const each = (total(full) - total(start)) / count;
  console.log(
    `idle: ${open} connections opened in ${opening.toFixed(0)} ms, ${each.toFixed(0)} bytes each held (rss ${((full.rss - start.rss) / count).toFixed(0)}), ${JSON.stringify(counters.closed)}; held ${inMB(total(start))} before, ${inMB(total(full))} with them, ${inMB(total(end))} after; ${good}`,
  );
  const half = Math.floor(count / 2);
  expect([served, open, stayed]).toEqual([count, count, count - half]);
  expect(counters).toMatchObject({
    accepted: count + 1,
    refused: 0,
    open: 0,
    // The good client left, too.
    closed: { peer: half + 1, idle: count - half },
  });
  expect(fates).toEqual({ ended: count, broken: 0 });
  expect(meanwhile).toBeGreaterThan(0);
  expect(each).toBeLessThan(16 * KiB);
  expect(total(end)).toBeLessThanOrEqual(about(start));
});

test('5,000 connects and disconnects in all ways are counted and leave nothing behind', async () => {
  const count = 5004;
  const churned = await churn(crowd, count, 100);
  const { start, end, tally, goodAnswers, goodBytes, meanwhile, read, counters, open, took, good } = churned;
  console.log(
    `churn: ${count} connections in ${took.toFixed(0)} ms, ${JSON.stringify(counters.closed)}; held ${inMB(total(start))} before, ${inMB(total(end))} after; ${good}`,
  );
  const each = count / 6;
  expect(Object.values(tally.ways)).toEqual(Array.from({ length: 6 }, () => each));
  expect(open).toBe(0);
  // Who has reset before it was accepted is not served.
  expect(counters.accepted + counters.refused).toBe(count + 1);
  expect(counters).toMatchObject({ open: 0, messagesIn: read, messagesOut: read });
  // An end in good order is that of two ways, of those that said nothing, and of the good client.
  const { peer, reset, 'protocol-error': error, ...others } = counters.closed;
  expect([peer, others]).toEqual([3 * each + 1, {}]);
  // A reset right behind bytes that nobody has read yet comes as an end: libuv does not look any further then.
  expect([error! >= each, reset! + error! + counters.refused]).toEqual([true, 3 * each]);
  expect(read).toBe(tally.answers + goodAnswers);
  // An echo: it sends what it receives, half lines excepted.
  const certain = tally.bytes + goodBytes;
  expect(counters.bytesIn).toBeGreaterThanOrEqual(certain);
  expect(counters.bytesIn).toBeLessThanOrEqual(certain + tally.maybe);
  expect(meanwhile).toBeGreaterThan(0);
  expect(total(end)).toBeLessThanOrEqual(about(start));
});
