import { setTimeout as sleep } from 'node:timers/promises';

import { WireError } from '@wirewright/core';
import { GearmanClient, type GearmanClientOptions } from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { harmlessToClients, toAnybody, toClients, toThoseWhoRequireWorkers } from './bad-scripts.ts';
import { BadServer } from './bad-server.ts';

/** So that all that has to be waited for is soon over, in ms. */
const impatient: GearmanClientOptions = {
  connectTimeout: 5000,
  requestTimeout: 500,
  heartbeat: { interval: 100, misses: 5 },
  reconnect: { minDelay: 20, maxDelay: 100 },
};

/** The same where one is good, which is not to be given up because the machine is busy. */
const lessSo: GearmanClientOptions = {
  ...impatient,
  requestTimeout: 2000,
  heartbeat: { interval: 100, misses: 20 },
};

/** For how long is counted what is done without being asked, in ms. */
const WATCHED = 250;

/** More connections than the pauses between them make likely in that time; a loop without any makes hundreds. */
const PACED = 40;

/** The codes of an error and of its causes. All that is thrown is ours; what the system said may be at its end. */
function codesOf(error: unknown): string[] {
  expect(error).toBeInstanceOf(WireError);
  const codes: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) codes.push((cause as WireError).code);
  return codes;
}

const failure = (call: PromiseLike<unknown>): Promise<unknown> =>
  call.then(
    (result) => expect.unreachable(`it succeeded with ${String(result)}`),
    (error: unknown) => error,
  ) as Promise<unknown>;

/** Submits until it works. */
async function succeeds(client: GearmanClient, payload: string): Promise<void> {
  const result = (): Promise<string> => client.submit('f', payload).then(String);
  await vi.waitFor(async () => expect(await result()).toBe(`did ${payload}`), patient);
}

describe.concurrent('a client and a server that', () => {
  test.each(Object.entries({ ...toAnybody, ...toClients }))('%s', async (name, { script, codes }) => {
    await using bad = await BadServer.start(script);
    await using client = new GearmanClient(bad.place, impatient);
    const first = codesOf(await failure(client.submit('f', 'one')));
    expect(['GEARMAN_JOB_LOST', 'GEARMAN_NO_SERVER']).toContain(first[0]);
    expect(
      first.some((code) => codes.includes(code)),
      first.join(' < '),
    ).toBe(true);
    const second = await Promise.all([failure(client.submit('f', 'two')), failure(client.submit('f', 'three'))]);
    for (const error of second) expect(codesOf(error).some((code) => codes.includes(code))).toBe(true);
    if (name in toAnybody) codesOf(await failure(client.echo('x')));

    // It goes on trying, and not without a pause.
    const [connects, packets] = [bad.connects, bad.received.length];
    await sleep(WATCHED);
    expect(bad.connects - connects).toBeLessThan(PACED);
    expect(bad.received.length - packets).toBeLessThan(2 * PACED);

    // Whoever is connected by now is out of step for good with some.
    bad.script = {};
    for (const { socket } of bad.visits) socket.destroy();
    await succeeds(client, 'at last');
    expect(client.pending).toBe(0);
    expect(client.servers).toMatchObject([{ up: true, error: undefined }]);
  });

  test.each(Object.entries({ ...toAnybody, ...toClients }))(
    '%s, where another one is good',
    async (_name, { script }) => {
      await using bad = await BadServer.start(script);
      await using good = await BadServer.start();
      const distribution = 'ordered';
      await using client = new GearmanClient([bad.place, good.place], {
        ...lessSo,
        distribution,
        retries: { lost: 20 },
      });
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => client.submit('f', `${index}`)));
      expect(results.map(String)).toEqual(Array.from({ length: 20 }, (_, index) => `did ${index}`));
      expect(client.counters).toMatchObject({ submitted: 20, completed: 20, failed: 0, rejected: 0 });
      expect(good.of('SUBMIT_JOB').length).toBe(20);
      expect(bad.connects).toBeLessThan(10 * PACED);
    },
  );

  test.each(Object.entries(toThoseWhoRequireWorkers))(
    'is asked for workers, and %s',
    async (_name, { script, codes }) => {
      await using bad = await BadServer.start(script);
      await using good = await BadServer.start();
      await using client = new GearmanClient(bad.place, { ...impatient, distribution: 'ordered' });
      const error = await failure(client.submit('f', 'one', { requireWorker: true }));
      const found = codesOf(error);
      expect(found[0]).toBe('GEARMAN_NO_SERVER');
      expect(
        found.some((code) => codes.includes(code)),
        found.join(' < '),
      ).toBe(true);
      client.addServer(good.place);
      expect(String(await client.submit('f', 'two', { requireWorker: true }))).toBe('did two');
      await expect(client.submit('g', 'three', { requireWorker: true })).rejects.toMatchObject({
        code: 'GEARMAN_NO_WORKER',
      });
      expect(bad.of('SUBMIT_JOB')).toEqual([]);
      expect(good.of('SUBMIT_JOB')).toEqual(['SUBMIT_JOB f  two']);
    },
  );

  test.each(Object.entries(harmlessToClients))('%s', async (_name, script) => {
    await using bad = await BadServer.start(script);
    await using client = new GearmanClient(bad.place);
    for (const payload of ['one', 'two', 'three'])
      expect(String(await client.submit('f', payload))).toBe(`did ${payload}`);
    expect(String(await client.echo('still there'))).toBe('still there');
    expect(bad.connects).toBe(1);
  });

  test('answers everything with an ERROR: each call is refused, and the connection goes on', async () => {
    await using bad = await BadServer.start({ others: (visit) => visit.send('ERROR', 'BAD_MOOD', 'not today') });
    await using good = await BadServer.start();
    await using client = new GearmanClient([bad.place, good.place], { distribution: 'round-robin' });
    const refused = { code: 'GEARMAN_COMMAND_FAILED', server: bad.place, answer: 'BAD_MOOD', text: 'not today' };
    const tasks = Array.from({ length: 20 }, (_, index) => client.submit('f', `${index}`));
    const settled = await Promise.allSettled(tasks);
    expect(settled.flatMap((one) => (one.status === 'fulfilled' ? [String(one.value)] : []))).toEqual(
      tasks.flatMap((_, index) => (index % 2 === 1 ? [`did ${index}`] : [])),
    );
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(refused);
    await expect(client.echo('x', { server: bad.place })).rejects.toMatchObject(refused);
    await expect(client.status('H:bad:0', { server: bad.place })).rejects.toMatchObject(refused);
    await expect(client.option('exceptions')).rejects.toMatchObject(refused);
    expect(bad.connects).toBe(1);
  });

  test('has lost one job: the next one can be submitted in the same moment', async () => {
    let submits = 0;
    await using bad = await BadServer.start({
      packets: {
        SUBMIT_JOB(visit, args) {
          if (submits++ === 0) visit.socket.end();
          else bad.does(visit, 'SUBMIT_JOB', args);
        },
      },
    });
    await using client = new GearmanClient(bad.place, { reconnect: { minDelay: 60_000, maxDelay: 60_000 } });
    const again = client.submit('f', 'first').catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'GEARMAN_JOB_LOST' });
      return client.submit('f', 'second');
    });
    expect(String(await again)).toBe('did second');
  });
});

test('a NUL in a name, a unique or a handle is refused before anything is sent, also when a connection is there', async () => {
  await using server = await BadServer.start();
  await using client = new GearmanClient(server.place);
  const refused = async (): Promise<void> => {
    const calls = [
      client.submit('f\0g', 'x'),
      client.submit('\0', 'x', { background: true }),
      client.submit('', 'x'),
      client.submit('f', 'x', { unique: 'a\0b' }),
      client.submit('f', 'x', { unique: Buffer.from([97, 0]) }),
      client.submit('f', 'x', { reducer: 'r\0' }),
      client.submit('f', 'x', { at: 1, unique: '\0' }),
      client.status('H:bad:1\0'),
      client.status(''),
      client.statusOfUnique('a\0'),
      client.option('exceptions\0'),
      client.submit('f\0', 'x', { requireWorker: true }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'GEARMAN_INVALID_NAME', sent: false });
  };
  await refused();
  expect(server.connects).toBe(0);
  await client.echo('x');
  const before = [...server.received];
  await refused();
  await client.echo('x');
  expect(server.received).toEqual([...before, 'ECHO_REQ x']);
  // Where it is no end of anything it is sent as it is.
  expect(String(await client.submit('f', 'a\0b'))).toBe('did b');
  expect(server.received.at(-1)).toBe('SUBMIT_JOB f  a b');
});
