import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, test } from 'vitest';

import { program } from '../../support/programs.ts';
import { expectAlike } from './differential.ts';
import { binaryDialogue, textDialogue } from './generated.ts';
import { TwoServers } from './two-servers.ts';

const memcached = program('memcached');
const version = memcached === undefined ? '' : execFileSync(memcached, ['-V']).toString().trim();

describe.runIf(version.endsWith(' 1.6.18'))('memcached 1.6.18 and ours', () => {
  let servers: TwoServers;

  beforeAll(async () => {
    servers = await TwoServers.start(memcached!);
  });

  afterAll(async () => {
    await servers.close();
  });

  // Other dialogues each time: a failure says the seed that makes them again.
  test('answer many generated text commands the same', async () => {
    await expectAlike(servers, textDialogue, 1200, 11_213);
  });

  test('answer many generated binary requests the same', async () => {
    await expectAlike(servers, binaryDialogue, 800, 11_214);
  });
});
