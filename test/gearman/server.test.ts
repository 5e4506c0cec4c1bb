import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { FakeClock } from '@wirewright/core/testing';
import { JobServer } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { authority, issue } from '../support/certificates.ts';
import { afterwards, PREFIX, serve, Talk, worker } from './scene.ts';

/** As it lies on the wire. */
const NAME = Buffer.from('grün').toString('latin1');

describe('where it listens', () => {
  test('on a unix socket, on several places at once, and by TLS, which may ask for certificates of clients', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-gearman-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'socket');
    const ca = await authority();
    const [identity, mine] = [await issue(['127.0.0.1'], ca), await issue(['me'], ca)];
    const server = await serve();
    await server.listen({ path });
    const mutual = { ...identity, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
    await server.listen({ port: 0, host: '127.0.0.1', tls: mutual });
    const { port } = server.addresses[2] as { port: number };
    const secure = (options: object): Promise<Talk> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ port, host: '127.0.0.1', ca: ca.cert, ...options }, () =>
          resolve(new Talk(socket)),
        );
        socket.on('error', reject);
      });
    const [c, local, tls] = [await Talk.to(server), await Talk.to({ path }), await secure(mine)];
    await local.send('CAN_DO', 'f').all();
    expect(await c.ask('SUBMIT_JOB', 'f', '', 'a')).toBe('JOB_CREATED H:t:1');
    expect(await tls.ask('SUBMIT_JOB', 'f', '', 'b')).toBe('JOB_CREATED H:t:2');
    expect(await local.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f a');
    expect(await local.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 f b');
    await local.send('WORK_COMPLETE', 'H:t:2', 'r').all();
    expect(await tls.next()).toBe('WORK_COMPLETE H:t:2 r');
    expect((await local.admin('workers')).map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      '127.0.0.1 - :',
      '- - : f',
      '127.0.0.1 - :',
    ]);
    // Who has no certificate is not let in.
    const stranger = await secure({}).catch(() => undefined);
    expect(stranger === undefined ? [] : await stranger.send('version\n').end()).toEqual([]);
  });

  test('it does not start when TLS is asked for and not possible', async () => {
    const server = new JobServer();
    for (const tls of [{ key: 'nonsense', cert: 'nonsense' }, {}]) {
      await expect(server.listen({ port: 0, host: '127.0.0.1', tls })).rejects.toThrow(/PEM|tls|key/);
    }
    expect(server.addresses).toEqual([]);
  });
});

describe('closing', () => {
  test('tells clients at once of jobs that nobody has begun, and lets workers finish the others', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    c.send('SUBMIT_JOB', 'f', '', 'runs').send('SUBMIT_JOB', 'f', '', 'waits').send('SUBMIT_JOB_BG', 'f', '', 'back');
    await c.all();
    await w.ask('GRAB_JOB');
    const closing = server.close();
    expect(await c.next()).toBe('WORK_FAIL H:t:2');
    await expect.poll(() => server.address).toBeUndefined();
    expect(await c.ask('SUBMIT_JOB', 'f', '', 'late')).toBe('ERROR QUEUE_ERROR Server is shutting down');
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    expect(await w.send('PRE_SLEEP').all()).toEqual([]);
    w.send('WORK_COMPLETE', 'H:t:1', 'done');
    expect(await c.end()).toEqual(['WORK_COMPLETE H:t:1 done']);
    expect(await closing).toEqual({ drained: 2, destroyed: 0 });
  });

  test('tells the clients of jobs that did not end within the grace', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    const closing = server.close({ grace: 100 });
    expect(await c.end()).toEqual(['WORK_FAIL H:t:1']);
    await closing;
  });

  test('draining, connections can do all that they could, until no job is left; nobody new can connect', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB_BG', 'f', '', '1');
    const { port } = server;
    const drained = server.drain();
    await expect.poll(() => server.address).toBeUndefined();
    await expect(Talk.to({ port: port!, host: '127.0.0.1' })).rejects.toThrow(/ECONNREFUSED/);
    expect(await c.ask('SUBMIT_JOB', 'f', '', '2')).toBe('JOB_CREATED H:t:2');
    for (const handle of ['H:t:1', 'H:t:2']) {
      expect(await w.ask('GRAB_JOB')).toMatch(`JOB_ASSIGN ${handle}`);
      w.send('WORK_COMPLETE', handle, 'x');
    }
    expect(await c.end()).toEqual(['WORK_COMPLETE H:t:2 x']);
    expect(await drained).toMatchObject({ destroyed: 0 });
  });

  test('draining with nothing to do ends at once; destroying ends at once in any case', async () => {
    const idle = await serve();
    await Talk.to(idle);
    expect(await idle.drain()).toMatchObject({ drained: 1 });
    const busy = await serve();
    const [c, w] = [await Talk.to(busy), await worker(busy, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    busy.destroy();
    expect(await c.end()).toEqual([]);
    await busy.closed;
  });
});

describe('workers that are gone without a word', () => {
  test('are asked, and cut off; those that answer are left alone, and clients are not asked', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock, probeInterval: 1000 });
    const [c, gone, there] = [await Talk.to(server), await worker(server, 'f'), await worker(server, 'f')];
    await gone.send('PRE_SLEEP').all();
    await there.send('PRE_SLEEP').all();
    clock.advance(1000);
    expect(await there.all()).toEqual([]);
    clock.advance(1000);
    expect(await gone.next()).toBe('NOOP');
    // The other one was not silent meanwhile; but now it is.
    clock.advance(1000);
    expect(await there.next()).toBe('NOOP');
    expect(await there.send('GRAB_JOB').send('PRE_SLEEP').next()).toBe('NO_JOB');
    expect(await gone.end()).toEqual([]);
    clock.advance(1000);
    expect(await there.all()).toEqual([]);
    clock.advance(10_000);
    expect(await c.all()).toEqual([]);
  });
});

describe('looking at it', () => {
  test('how it stands with functions and jobs', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock });
    const [c, w] = [await Talk.to(server), await worker(server, NAME)];
    for (const type of ['SUBMIT_JOB_HIGH', 'SUBMIT_JOB', 'SUBMIT_JOB', 'SUBMIT_JOB_LOW']) c.send(type, NAME, '', '');
    await c.all();
    clock.advance(5000);
    await w.ask('GRAB_JOB');
    await w.send('PRE_SLEEP').all();
    const idle = await worker(server, NAME);
    await idle.send('CANT_DO', NAME).send('CAN_DO', 'idle').send('PRE_SLEEP').all();
    expect(server.functions[1]).toMatchObject({ name: 'idle', workers: 1, idle: 1, oldest: 0 });
    expect(server.functions.slice(0, 1)).toEqual([
      {
        name: 'grün',
        queued: { high: 0, normal: 2, low: 1 },
        running: 1,
        waiting: 0,
        workers: 1,
        idle: 0,
        oldest: 5000,
        maxQueue: { high: 0, normal: 0, low: 0 },
        submitted: 4,
        coalesced: 0,
        refused: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
        retried: 0,
        timedOut: 0,
      },
    ]);
    expect(server.jobs).toEqual({ total: 4, running: 1, waiting: 0 });
    expect(server.counters.accepted).toBe(3);
  });
});

test.each([
  [{ codec: 1 }, /maxFrameLength is what can be set/],
  [{ retries: 1 }, /has no option 'retries'/],
  [{ timeoutUnit: 'min' }, /timeoutUnit must be/],
  [{ lateResults: 'x' }, /lateResults must be/],
  [{ wakeUp: 0 }, /wakeUp/],
  [{ handlePrefix: 'a b' }, /handlePrefix must be/],
  [{ handlePrefix: 'a'.repeat(47) }, /handlePrefix must be/],
  [{ timeZone: 'Nowhere/City' }, /timeZone must be/],
  [{ maxFrameLength: 10 }, /maxFrameLength/],
  [{ functions: { f: { retry: 1 } } }, /functions.f has no option 'retry'/],
  [{ functions: { f: { retries: -1 } } }, /retries.lost/],
  [{ functions: { f: { backoff: {} } } }, /minDelay of backoff/],
  [{ defaults: { timeout: 0 } }, /timeout/],
  [{ defaults: { deadLetter: 'a\0b' } }, /deadLetter/],
  [{ defaults: { maxQueue: { urgent: 1 } } }, /maxQueue/],
  [{ wall: 5 }, /wall must be/],
  [{ probeInterval: 0 }, /probeInterval/],
])('options that are none are refused: %j', (options, message) => {
  expect(() => new JobServer(options as never)).toThrow(message);
});

test('the hooks, and its own onRead', () => {
  const server = new JobServer({ handlePrefix: PREFIX });
  expect(() => server.onRead(() => {})).toThrow(/declared already/);
  expect(() => server.onShutdown(5 as never)).toThrow(/takes a function/);
  expect(() => server.onStoreTrouble(() => {}).onStoreTrouble(() => {})).toThrow(/declared already/);
});
