import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Crowd } from './crowd.ts';
import { churn, idle } from './crowds.ts';
import { ANSWER, slowLoris, stalledReaders } from './hostile.ts';
import { exchangeFrames, unsentBound } from './large-frames.ts';
import { bare, closeOnUnread, type Manner, ours, shutDown, type Talk } from './shutdown.ts';

let crowd: Crowd;

beforeAll(() => {
  crowd = new Crowd();
});

afterAll(() => crowd.stop());

test('peers that send a frame byte by byte are closed for it', async () => {
  const { closed, meanwhile, soonest } = await slowLoris(crowd, 20, 50, 200);
  expect(closed).toEqual({ 'frame-timeout': 20 });
  expect(soonest).toBeGreaterThanOrEqual(195);
  expect(meanwhile).toBeGreaterThan(0);
});

test('peers that never read are broken off', async () => {
  const { closed, meanwhile, buffered } = await stalledReaders(crowd, 3, 200);
  expect(closed).toEqual({ 'write-stall': 3 });
  expect(buffered).toBeLessThan(128 * 1024 + ANSWER);
  expect(meanwhile).toBeGreaterThan(0);
});

test('idle peers leave or are closed', async () => {
  const { served, open, stayed, counters, fates } = await idle(crowd, 100);
  expect([served, open, stayed]).toEqual([100, 100, 50]);
  expect(counters).toMatchObject({ accepted: 101, refused: 0, open: 0, closed: { peer: 51, idle: 50 } });
  expect(fates).toEqual({ ended: 100, broken: 0 });
});

test('counters add up, whatever way peers go', async () => {
  const { tally, read, goodAnswers, counters, open } = await churn(crowd, 120, 20);
  expect(tally.ways).toEqual(Object.fromEntries(Object.keys(tally.ways).map((way) => [way, 20])));
  // Who has reset before it was accepted is not served.
  expect(counters.accepted + counters.refused).toBe(121);
  expect(counters).toMatchObject({ messagesIn: read, messagesOut: read });
  expect([open, read]).toEqual([0, tally.answers + goodAnswers]);
});

describe.each<Manner>(['at once', 'later'])('close() of a server that answers %s', (manner) => {
  const talks: [string, () => Talk][] = [
    ['bare sockets', () => bare(crowd)],
    ['clients of ours', () => ours],
  ];

  test.each(talks)('answers what it has read: %s', async (_, talk) => {
    for (const seed of [1, 2]) {
      const { sent, received, ...seen } = await shutDown(talk(), manner, 12, seed);
      const result = { drained: 12, destroyed: 0 };
      expect(seen).toEqual({ answered: received, doubled: 0, resets: 0, inOrder: 12, result, warnings: [] });
      expect(sent).toBeGreaterThan(received);
    }
  });

  test('answers what the kernel has got', async () => {
    const [asked, answered] = await closeOnUnread(manner, 8, 16);
    expect(answered).toBe(asked);
  });
});

test('large frames wait with those who asked, not in the connection', async () => {
  const length = 1024 * 1024;
  const { answered, client, server } = await exchangeFrames(32, length);
  expect(answered).toBe(32);
  expect(Math.max(client, server)).toBeLessThanOrEqual(unsentBound(length));
});
