import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MALFORMED } from '../../codec-memcached-text/malformed.ts';
import { program } from '../../support/programs.ts';
import { BINARY_CASES } from './binary-cases.ts';
import { type Dialogue, hold, holdUntilAlike } from './dialogue.ts';
import { DIFFERENCES } from './differences.ts';
import { expectAlike } from './differential.ts';
import { binaryDialogue, textDialogue } from './generated.ts';
import { TEXT_CASES } from './text-cases.ts';
import { TwoServers } from './two-servers.ts';

const memcached = program('memcached');
const version = memcached === undefined ? '' : execFileSync(memcached, ['-V']).toString().trim();

const CASES: readonly [string, Dialogue][] = [
  ...TEXT_CASES,
  ...MALFORMED.map(({ name, bytes }): [string, Dialogue] => [`malformed: ${name}`, [bytes]]),
  ...BINARY_CASES,
];

describe.runIf(version.endsWith(' 1.6.18'))('memcached 1.6.18 and ours', () => {
  let servers: TwoServers;

  beforeAll(async () => {
    servers = await TwoServers.start(memcached!);
  });

  afterAll(async () => {
    await servers.close();
  });

  test('are compared by many cases, and differ in few', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(300);
    expect(DIFFERENCES.length).toBeLessThanOrEqual(12);
  });

  test.each(CASES)('answer the same: %s', async (_, dialogue) => {
    const { real, ours } = await holdUntilAlike(servers, dialogue);
    expect(ours).toEqual(real);
  });

  test('answer many generated text commands the same', async () => {
    await expectAlike(servers, textDialogue, 1200, 11_213);
  });

  test('answer many generated binary requests the same', async () => {
    await expectAlike(servers, binaryDialogue, 800, 11_214);
  });
});

describe.runIf(version.endsWith(' 1.6.18'))('memcached 1.6.18 and ours, on purpose,', () => {
  let servers: TwoServers;

  // Others than above: from here on the two count their changes differently.
  beforeAll(async () => {
    servers = await TwoServers.start(memcached!);
  });

  afterAll(async () => {
    await servers.close();
  });

  test.each(DIFFERENCES)('differ: $what', async ({ dialogue, ours: expected }) => {
    const { real, ours } = await hold(servers, dialogue);
    const matching = typeof expected === 'string' ? expected : expect.stringMatching(expected);
    expect(ours.at(-1)).toEqual(matching);
    expect(real.at(-1)).not.toEqual(matching);
  });
});
