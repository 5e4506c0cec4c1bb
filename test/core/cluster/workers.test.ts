import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InvalidOptionError } from '@wirewright/core';
import { runWorkers } from '@wirewright/core/cluster';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';
import { ClusterProgram, type Mood } from './cluster-program.ts';

const host = '127.0.0.1';

async function dial(program: ClusterProgram): Promise<Socket> {
  // A worker that is killed may reset it.
  const socket = connect(program.port, host).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks, and resolves with all that comes until the end, when the worker has got the question. */
async function ask(program: ClusterProgram, request: string): Promise<{ answer: Promise<Buffer> }> {
  const socket = await dial(program);
  const answer = received(socket);
  // One that breaks off is looked at by those who expect none.
  answer.catch(() => {});
  socket.write(`${request}\n`);
  const id = request.split(' ')[0]!;
  await vi.waitUntil(() => [...program.books().values()].flat().includes(id), patient);
  return { answer };
}

const ends = (program: ClusterProgram): unknown[] =>
  program.events('exit').map(({ status, signal }) => signal ?? status);

describe('workers', () => {
  test('serve what they share, each its part', async () => {
    const program = await ClusterProgram.ready({ workers: 2 }, { mood: 'several' });
    const pids = new Set<string>();
    await vi.waitUntil(async () => {
      const { answer } = await ask(program, `r${Math.random()}`);
      void answer;
      for (const [pid, ids] of program.books()) if (ids.length > 0) pids.add(String(pid));
      return pids.size === 2;
    }, patient);
    expect(new Set((await program.pids()).map(String))).toEqual(pids);
  });

  test('are replaced when they die, with a warning', async () => {
    const program = await ClusterProgram.ready({ workers: 2 });
    const before = await program.pids();
    process.kill(before[0]!, 'SIGKILL');
    await program.event('exit');
    await vi.waitUntil(async () => (await program.pids()).length === 2, patient);
    const after = await program.pids();
    expect(after[0]).toBe(before[1]);
    expect(program.events('warning')).toMatchObject([
      {
        name: 'WorkerLostError',
        code: 'WIRE_WORKER_LOST',
        message: `worker ${before[0]} was ended by SIGKILL; another takes its place`,
      },
    ]);
    const { answer } = await ask(program, 'r1');
    await program.ask('close');
    expect((await answer).toString()).toMatch(/^r1 \d+\n$/);
  });

  test('are tried again and again while they do not start', async () => {
    const program = await ClusterProgram.ready({ workers: 1 });
    const [pid] = await program.pids();
    program.mood = 'throws';
    process.kill(pid!, 'SIGKILL');
    await vi.waitUntil(() => program.events('warning').length >= 3, patient);
    expect(program.events('warning')[2]).toMatchObject({
      code: 'WIRE_WORKER_START',
      message: expect.stringMatching(/^worker \d+ did not start: no such table$/) as string,
    });
    program.mood = '';
    await vi.waitUntil(async () => (await program.pids()).length === 1, patient);
  });

  test('replace a unix socket that nobody listens on, once for all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-cluster-socket-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'socket');
    const place = { path };
    const before = await ClusterProgram.ready({ workers: 1 }, { place });
    before.kill('SIGKILL');
    await before.exited;
    expect(existsSync(path)).toBe(true);
    await ClusterProgram.ready({ workers: 4 }, { place });
    const socket = connect(path);
    await once(socket, 'connect');
    socket.destroy();
  });

  test('can be run once at a time', async () => {
    const program = await ClusterProgram.ready({ workers: 1 });
    await expect(program.ask('again')).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
    const closed = 'WIRE_CLOSED: the set of workers is closed';
    expect(await program.ask('restart and close')).toEqual([closed, { ended: 2, killed: 0 }, closed]);
  });

  test.each<[object, string]>([
    [{ workers: 0 }, 'workers must be'],
    [{ grace: -1 }, 'grace must be'],
    [{ startTimeout: 0 }, 'startTimeout must be'],
    [{ signals: 'SIGINT' }, 'signals must be'],
    [{ worker: 2 }, "runWorkers() has no option 'worker'"],
  ])('take no options such as %j', async (options, message) => {
    const failed = runWorkers(options, () => Promise.reject(new Error('not reached')));
    await expect(failed).rejects.toThrow(InvalidOptionError);
    await expect(failed).rejects.toThrow(message);
    await expect(runWorkers({}, undefined!)).rejects.toThrow('runWorkers() takes a function');
  });
});

test('connections that wait for a worker which blocks are served by the next, however soon they come to it', async () => {
  const program = await ClusterProgram.ready({ workers: 1 });
  const { answer } = await ask(program, 'r1 block 2000');
  const sockets = await Promise.all(Array.from({ length: 8 }, () => dial(program)));
  const answers = sockets.map((socket, i) => {
    socket.write(`w${i}\n`);
    return once(socket, 'data').then(([chunk]) => String(chunk));
  });
  const [old] = await program.pids();
  const restarted = program.ask('restart');
  const texts = await Promise.all(answers);
  expect(texts.map((text) => text.split(' ')[0])).toEqual(sockets.map((_, i) => `w${i}`));
  // The first of them was on its way to the one that blocks.
  expect(texts.filter((text) => text.endsWith(` ${old}\n`)).length).toBeLessThanOrEqual(1);
  await restarted;
  expect((await answer).toString()).toBe(`r1 ${old}\n`);
  for (const socket of sockets) socket.destroy();
});

describe('a first start that fails rejects runWorkers', () => {
  test.each<[Mood, string, object | undefined]>([
    ['throws', 'did not start: no such table', { name: 'TypeError', code: 'E_TABLE', message: 'no such table' }],
    ['exits', 'ended with status 3 before it was ready', undefined],
    ['hangs', 'was not ready within 1000 ms: see what its function waits for, or raise startTimeout', undefined],
    [
      'returns nothing',
      'did not start: the function of runWorkers() has to return its server, or an array of them',
      { code: 'WIRE_INVALID_OPTION' },
    ],
  ])('when a worker %s', async (mood, message, cause) => {
    // Short for the one that hangs alone: on a busy machine the others may need seconds to fail.
    const startTimeout = mood === 'hangs' ? 1000 : 30_000;
    const program = new ClusterProgram({ workers: 2, startTimeout }, { mood });
    const failed = await program.event('failed');
    expect(failed).toMatchObject({ name: 'WorkerStartError', code: 'WIRE_WORKER_START' });
    expect(failed['message']).toMatch(new RegExp(`^worker \\d+ ${message.replaceAll(/[()]/g, '\\$&')}$`));
    if (cause === undefined) expect(failed['cause']).toBe(undefined);
    else expect(failed['cause']).toMatchObject(cause);
    expect(await program.exited).toEqual({ status: 0, signal: null });
    expect(program.events('warning')).toEqual([]);
  });

  test('when the port is in use', async () => {
    const other = createServer();
    other.listen(0, host);
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const program = new ClusterProgram({ workers: 2 }, { place: { port, host } });
    expect(await program.event('failed')).toMatchObject({
      message: expect.stringContaining(`did not start: ${host}:${port} is in use`) as string,
      cause: { name: 'AddressInUseError', code: 'WIRE_ADDRESS_IN_USE' },
    });
    await program.exited;
  });
});

describe('a close', () => {
  test.each<[string, (program: ClusterProgram) => unknown]>([
    ['close()', (program) => program.ask('close')],
    ['SIGTERM to the primary', (program) => program.kill('SIGTERM')],
    ['SIGTERM to all, as of a service manager', (program) => program.kill('SIGTERM', true)],
    ['SIGINT to all, as of a terminal', (program) => program.kill('SIGINT', true)],
  ])('by %s answers what was received, and all end', async (_, close) => {
    const program = await ClusterProgram.ready({ workers: 2 });
    const { answer } = await ask(program, 'r1 wait 300');
    void close(program);
    expect((await answer).toString()).toMatch(/^r1 \d+\n$/);
    expect(await program.event('closed')).toMatchObject({ result: { ended: 2, killed: 0 } });
    expect(await program.exited).toEqual({ status: 0, signal: null });
    expect(ends(program)).toEqual([0, 0]);
    expect(program.stderr).toBe('');
  });

  test('ends what takes longer than the grace', async () => {
    const program = await ClusterProgram.ready({ workers: 2, grace: 100 });
    const { answer } = await ask(program, 'r1 hang');
    expect(await program.ask('close')).toEqual({ ended: 2, killed: 0 });
    expect((await answer).toString()).toBe('');
  });

  test('kills a worker that does not end', async () => {
    const program = await ClusterProgram.ready({ workers: 2, grace: 100 });
    const { answer } = await ask(program, 'r1 block 60000');
    expect(await program.ask('close')).toEqual({ ended: 1, killed: 1 });
    await answer.catch(() => {});
    expect(ends(program)).toEqual([0, 'SIGKILL']);
  });

  test('does not wait for what else a worker does', async () => {
    const program = await ClusterProgram.ready({ workers: 1, grace: 60_000 }, { mood: 'lingers' });
    expect(await program.ask('close')).toEqual({ ended: 1, killed: 0 });
  });

  test('is over at once with the second signal', async () => {
    const program = await ClusterProgram.ready({ workers: 1, grace: 60_000 });
    const { answer } = await ask(program, 'r1 hang');
    program.kill('SIGTERM');
    // It has the first when it accepts no more.
    await vi.waitUntil(async () => (await dial(program).catch(() => undefined)) === undefined, patient);
    program.kill('SIGTERM');
    expect(await program.event('closed')).toMatchObject({ result: { ended: 0, killed: 1 } });
    await answer.catch(() => {});
    expect(await program.exited).toEqual({ status: 0, signal: null });
  });
});

test('SIGHUP restarts, and one to all does, too', async () => {
  const program = await ClusterProgram.ready({ workers: 2 });
  for (const toAll of [false, true]) {
    const before = await program.pids();
    const { answer } = await ask(program, `r${toAll} wait 200`);
    program.kill('SIGHUP', toAll);
    expect((await answer).toString()).toMatch(/^r\w+ \d+\n$/);
    await vi.waitUntil(async () => {
      const now = await program.pids();
      return now.length === 2 && !now.some((pid) => before.includes(pid));
    }, patient);
  }
  program.mood = 'throws';
  program.kill('SIGHUP');
  expect(await program.event('warning')).toMatchObject({ code: 'WIRE_WORKER_START' });
  expect(await program.pids()).toHaveLength(2);
});

test("with signals: false they are the program's", async () => {
  const program = await ClusterProgram.ready({ workers: 1, signals: false });
  program.kill('SIGHUP');
  expect(await program.exited).toEqual({ status: null, signal: 'SIGHUP' });
});

test('workers whose primary dies answer what they have received, and end', async () => {
  const program = await ClusterProgram.ready({ workers: 2 });
  const pids = await program.pids();
  const { answer } = await ask(program, 'r1 wait 300');
  process.kill(program.pid, 'SIGKILL');
  expect((await answer).toString()).toMatch(/^r1 \d+\n$/);
  await vi.waitUntil(() => pids.every((pid) => program.ends().get(pid) === '0'), patient);
});
