import { setTimeout as sleep } from 'node:timers/promises';

import { type ServerSeen, WireError } from '@wirewright/core';
import { gearmanChannels, type Job, Worker, type WorkerOptions } from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { storm, toAnybody, toWorkers } from './bad-scripts.ts';
import { assign, BadServer, type Script } from './bad-server.ts';

/** So that all that has to be waited for is soon over, in ms, and a good server is not given up because the machine is busy. */
const impatient: WorkerOptions = {
  connectTimeout: 5000,
  requestTimeout: 2000,
  heartbeat: { interval: 100, misses: 20 },
  reconnect: { minDelay: 20, maxDelay: 100 },
  concurrency: 2,
};

/** For servers that are to be taken for slow, and not for gone. */
const lenient: WorkerOptions = { concurrency: 2 };

/** For how long is counted what is done without being asked, in ms. */
const WATCHED = 250;

/** More connections than the pauses between them make likely in that time; a loop without any makes hundreds. */
const PACED = 40;

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) codes.push((cause as WireError).code);
  return codes;
}

/** A worker of a bad server and a good one, and what it tells of the bad one. */
async function scene(
  script: Script,
  options: WorkerOptions = lenient,
): Promise<{
  bad: BadServer;
  good: BadServer;
  worker: Worker;
  /** What the hook is told, and why connections to the bad server were lost. */
  told: Error[];
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const bad = await BadServer.start(script);
  const good = await BadServer.start();
  const told: Error[] = [];
  const down = (seen: unknown): void => {
    const { server, error } = seen as ServerSeen;
    if (server === bad.place) told.push(error as Error);
  };
  gearmanChannels.serverDown.subscribe(down);
  const worker = new Worker([bad.place, good.place], options)
    .onError((error) => void told.push(error))
    .handle('f', (job) => `did ${job.text}`);
  return {
    bad,
    good,
    worker,
    told,
    async [Symbol.asyncDispose]() {
      await worker.close();
      gearmanChannels.serverDown.unsubscribe(down);
      await bad.close();
      await good.close();
    },
  };
}

/** Has a job done, and resolves when it is. */
async function does(server: BadServer, payload: string): Promise<void> {
  server.give({ function: 'f', payload });
  await vi.waitFor(
    () => expect(server.of('WORK_COMPLETE').some((line) => line.endsWith(` did ${payload}`))).toBe(true),
    patient,
  );
}

describe.concurrent('a worker and a server that', () => {
  test.each(Object.entries({ ...toAnybody, ...toWorkers }))('%s', async (_name, { script, codes }) => {
    await using all = await scene(script, impatient);
    const { bad, good, worker, told } = all;
    await worker.ready();
    for (const payload of ['one', 'two', 'three']) await does(good, payload);
    const seen = (): string[] => [...told, worker.servers[0]!.error].flatMap(codesOf);
    await vi.waitFor(() => expect(seen().some((code) => codes.includes(code))).toBe(true), patient);
    for (const error of told) expect(error).toBeInstanceOf(WireError);

    // It goes on trying, and not without a pause.
    const [connects, packets] = [bad.connects, bad.received.length];
    await sleep(WATCHED);
    expect(bad.connects - connects).toBeLessThan(PACED);
    expect(bad.received.length - packets).toBeLessThan(6 * PACED);
    await does(good, 'four');
    expect(good.connects).toBe(1);

    // Whoever is connected by now is out of step for good with some.
    bad.script = {};
    for (const { socket } of bad.visits) socket.destroy();
    await vi.waitFor(() => expect(worker.servers[0]!.up).toBe(true), patient);
    await does(bad, 'at last');
    await does(good, 'and here');
    await vi.waitFor(() => expect(worker.running).toBe(0), patient);
  });

  test('says nothing to a way of asking that it does not know: it is asked in an older one, and so from then on', async () => {
    await using all = await scene({ packets: { GRAB_JOB_ALL: () => {} } }, { ...lenient, requestTimeout: 2000 });
    const { bad, worker } = all;
    await worker.ready();
    await does(bad, 'one');
    for (const { socket } of bad.visits) socket.destroy();
    await vi.waitFor(() => expect(bad.connects).toBeGreaterThan(2), patient);
    await does(bad, 'two');
    expect(bad.of('GRAB_JOB_ALL').length).toBe(1);
    expect(bad.of('GRAB_JOB').length).toBe(0);
  });

  test('answers everything with an ERROR: it is told, and asked again when it calls', async () => {
    await using all = await scene({ others: (visit) => visit.send('ERROR', 'BAD_MOOD', 'not today') });
    const { bad, good, worker, told } = all;
    await worker.ready();
    await does(good, 'one');
    await vi.waitFor(
      () => expect(told.map((error) => (error as WireError).code)).toContain('GEARMAN_COMMAND_FAILED'),
      patient,
    );
    await sleep(WATCHED);
    expect(bad.received.length).toBeLessThan(60);
    expect(bad.connects).toBeLessThan(PACED);
    bad.script = {};
    await does(bad, 'two');
    await does(good, 'three');
  });

  test('knows only the oldest way to ask for jobs', async () => {
    const refuse = (visit: { send(what: string, ...args: string[]): void }): void =>
      visit.send('ERROR', 'server_error', 'no such method');
    await using all = await scene({ packets: { GRAB_JOB_ALL: refuse, GRAB_JOB_UNIQ: refuse } });
    const { bad, good, told } = all;
    await does(bad, 'one');
    await does(good, 'two');
    expect(bad.of('GRAB_JOB_ALL').length + bad.of('GRAB_JOB_UNIQ').length).toBeLessThan(6);
    expect(bad.connects).toBe(1);
    expect(told).toEqual([]);
  });

  test('sends 100,000 NOOPs: it is not asked for a job for each', async () => {
    await using all = await scene({ packets: { PRE_SLEEP: (visit) => visit.bytes(storm(100_000)) } });
    const { bad, good, worker } = all;
    await worker.ready();
    await does(good, 'one');
    await sleep(WATCHED);
    expect(bad.received.length).toBeLessThan(100);
    bad.script = {};
    await does(bad, 'two');
    await does(good, 'three');
    expect(bad.connects).toBe(1);
  });

  test('calls whenever the worker sleeps, and has nothing: it is asked less and less often', async () => {
    await using all = await scene({ packets: { PRE_SLEEP: (visit) => visit.send('NOOP') } });
    const { bad, good, worker } = all;
    await worker.ready();
    await sleep(2 * WATCHED);
    expect(bad.of('PRE_SLEEP').length).toBeLessThan(60);
    await does(good, 'one');
    bad.script = {};
    await does(bad, 'two');
    expect(bad.connects).toBe(1);
  });

  test('gives a job of a function that nobody does: it fails, and those that follow are done', async () => {
    await using all = await scene({});
    const { bad, told } = all;
    bad.give({ function: 'g', payload: 'x' }, { function: 'f\0g', payload: 'x' });
    await does(bad, 'one');
    const [failed] = bad.of('WORK_FAIL');
    expect(failed).toMatch(/^WORK_FAIL H:bad:\d+$/);
    expect(told[0]).toBeInstanceOf(WireError);
    expect(told[0]!.message).toMatch(/"g"/);
    expect(bad.connects).toBe(1);
  });

  test('answers results with an ERROR: it is told, and the connection goes on', async () => {
    await using all = await scene({
      packets: { WORK_COMPLETE: (visit) => visit.send('ERROR', 'JOB_NOT_FOUND', 'gone') },
    });
    const { bad, told } = all;
    for (const payload of ['one', 'two', 'three']) await does(bad, payload);
    await vi.waitFor(() => expect(told.length).toBe(3), patient);
    for (const error of told) expect(error).toMatchObject({ code: 'GEARMAN_COMMAND_FAILED', answer: 'JOB_NOT_FOUND' });
    expect(bad.connects).toBe(1);
  });

  test('gives the same handle twice, one that is empty, and one that is long', async () => {
    const handles = ['H:bad:0', 'H:bad:0', '', 'x'.repeat(300), 'H:bad:0'];
    await using all = await scene({
      packets: {
        GRAB_JOB_ALL(visit) {
          const handle = handles.shift();
          if (handle === undefined) visit.send('NO_JOB');
          else visit.send('JOB_ASSIGN_UNIQ', handle, 'f', '', `${handles.length}`);
        },
      },
    });
    const { bad, worker } = all;
    await vi.waitFor(() => expect(bad.of('WORK_COMPLETE')).toHaveLength(5), patient);
    const sent = bad.of('WORK_COMPLETE');
    expect(sent).toEqual([
      'WORK_COMPLETE H:bad:0 did 4',
      'WORK_COMPLETE H:bad:0 did 3',
      'WORK_COMPLETE  did 2',
      `WORK_COMPLETE ${'x'.repeat(300)} did 1`,
      'WORK_COMPLETE H:bad:0 did 0',
    ]);
    await vi.waitFor(() => expect(worker.running).toBe(0), patient);
  });
});

test('the result of a job whose server was lost is told to nobody, whoever has its handle by then', async () => {
  await using bad = await BadServer.start({
    packets: {
      GRAB_JOB_ALL(visit) {
        const job = bad.jobs.shift();
        if (job === undefined) visit.send('NO_JOB');
        else assign(visit, 'GRAB_JOB_ALL', 'H:bad:0', job);
      },
    },
  });
  const ends: (() => void)[] = [];
  const handler = async (job: Job): Promise<string> => {
    await new Promise<void>((resolve) => ends.push(resolve));
    await job.data(`data of ${job.text}`);
    return `did ${job.text}`;
  };
  await using worker = new Worker(bad.place, impatient).onError(() => {}).handle('f', handler);
  await worker.ready();
  for (const payload of ['one', 'two', 'three']) bad.give({ function: 'f', payload });
  await vi.waitFor(() => expect(ends.length).toBe(2), patient);
  // One of the two has lost its handle to the other, and both lose their server.
  for (const { socket } of bad.visits) socket.destroy();
  await vi.waitFor(() => expect(bad.connects).toBe(2), patient);
  for (const end of ends.splice(0)) end();
  await vi.waitFor(() => expect(ends.length).toBe(1), patient);
  ends[0]!();
  await vi.waitFor(() => expect(bad.of('WORK_COMPLETE')).not.toEqual([]), patient);
  expect(bad.of('WORK_DATA')).toEqual(['WORK_DATA H:bad:0 data of three']);
  expect(bad.of('WORK_COMPLETE')).toEqual(['WORK_COMPLETE H:bad:0 did three']);
  expect(worker.counters).toMatchObject({ assigned: 3, completed: 1, lost: 2 });
});

test('a NUL in the name of a function or worker is refused at once, and nothing is sent', async () => {
  await using server = await BadServer.start();
  expect(() => new Worker(server.place, { clientId: 'a\0b' })).toThrow(
    expect.objectContaining({ code: 'GEARMAN_INVALID_NAME' }),
  );
  await using worker = new Worker(server.place);
  for (const name of ['f\0', '\0', '']) {
    expect(() => worker.handle(name, () => '')).toThrow(expect.objectContaining({ code: 'GEARMAN_INVALID_NAME' }));
  }
  await sleep(50);
  expect(server.connects).toBe(0);
  worker.handle('f', () => '');
  await worker.ready();
  expect(() => worker.handle('f\0g', () => '')).toThrow(expect.objectContaining({ code: 'GEARMAN_INVALID_NAME' }));
  await vi.waitFor(() => expect(server.of('PRE_SLEEP').length).toBe(1), patient);
  expect(server.of('CAN_DO')).toEqual(['CAN_DO f']);
});
