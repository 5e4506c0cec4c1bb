import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Crowd } from './crowd.ts';
import { bare, closeOnUnread, type Manner, ours, shutDown, type Talk } from './shutdown.ts';

const ROUNDS = 20;
const PEERS = 32;

let crowd: Crowd;

beforeAll(() => {
  crowd = new Crowd();
});

afterAll(() => crowd.stop());

describe.each<Manner>(['at once', 'later'])('close() of a server that answers %s, under load', (manner) => {
  const talks: [string, () => Talk][] = [
    ['bare sockets', () => bare(crowd)],
    ['clients of ours', () => ours],
  ];

  test.each(talks)('answers what it has read, once, and resets nobody: %s', async (name, talk) => {
    const sum = { sent: 0, received: 0, answered: 0, doubled: 0, resets: 0, inOrder: 0, drained: 0, destroyed: 0 };
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const { result, warnings, ...round } = await shutDown(talk(), manner, PEERS, seed);
      expect([round.answered, warnings], `seed ${seed}`).toEqual([round.received, []]);
      for (const [key, value] of Object.entries({ ...round, ...result })) sum[key as keyof typeof sum] += value;
    }
    console.log(`close() with ${name}, answering ${manner}, ${ROUNDS} times: ${JSON.stringify(sum)}`);
    expect(sum).toMatchObject({ doubled: 0, resets: 0, inOrder: ROUNDS * PEERS });
    expect(sum).toMatchObject({ drained: ROUNDS * PEERS, destroyed: 0 });
    // There was load when it was closed.
    expect(sum.sent).toBeGreaterThan(sum.answered);
  });

  test('answers what the kernel has got', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [asked, answered] = await closeOnUnread(manner, PEERS, 16);
      expect(answered).toBe(asked);
    }
  });
});
