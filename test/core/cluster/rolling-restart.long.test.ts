import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, type ConnectPlace, Exchange, type ListenOptions } from '@wirewright/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { ClusterProgram } from './cluster-program.ts';
import { Traffic } from './traffic.ts';

const host = '127.0.0.1';

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-cluster-socket-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

/** How often each request was handled, as the workers have noted. */
function handled(program: ClusterProgram): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ids of program.books().values()) for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

const twice = (counts: Map<string, number>): [string, number][] => [...counts].filter(([, count]) => count !== 1);

/** Restarts all workers again and again while there is traffic. */
async function restartUnder(program: ClusterProgram, traffic: readonly Traffic[], times: number): Promise<void> {
  const first = await program.pids();
  for (let i = 0; i < times; i++) {
    const before = traffic.map(({ answered }) => answered);
    await vi.waitUntil(() => traffic.every(({ answered }, of) => answered > before[of]! + 200), patient);
    await program.ask('restart');
  }
  await Promise.all(traffic.map((one) => one.end()));
  const last = await program.pids();
  expect(last).toHaveLength(first.length);
  expect(first.filter((pid) => last.includes(pid))).toEqual([]);
}

describe.each<[string, 'port' | 'path', 'none' | undefined, number]>([
  ['a port', 'port', undefined, 4],
  ['a port that the workers accept from', 'port', 'none', 2],
  ['a unix socket', 'path', undefined, 2],
])('restarts of the workers on %s', { timeout: 60_000 }, (_, kind, policy, times) => {
  test('lose no request that was received, and answer none twice', async () => {
    const place: ListenOptions = kind === 'port' ? { port: 0, host } : { path: socketPath() };
    const program = await ClusterProgram.ready({ workers: 2 }, { place, policy });
    const there: ConnectPlace = kind === 'port' ? { port: program.port, host } : { path: place.path! };
    const quick = new Traffic(there, { name: 'q', clients: 24, waiting: 8 });
    const slow = new Traffic(there, { name: 's', clients: 8, what: 'wait 2' });
    await restartUnder(program, [quick, slow], times);

    for (const { errors, unsent, answers, asked } of [quick, slow]) {
      expect(errors).toEqual([]);
      // Those that wait for room on a connection that is lost get another.
      expect(unsent).toBe(0);
      expect(answers.size).toBe(asked);
      expect(twice(answers)).toEqual([]);
    }
    // Who was asked again had not been handled: it would have been handled twice.
    const counts = handled(program);
    expect(counts.size).toBe(quick.asked + slow.asked);
    expect(twice(counts)).toEqual([]);
    expect(quick.retried + slow.retried).toBeGreaterThan(0);
    const lost = quick.asked + slow.asked - quick.answers.size - slow.answers.size;
    const retried = quick.retried + slow.retried;
    console.log(`${counts.size} answered, ${retried} retried, ${lost} lost, ${twice(counts).length} doubled`);
    expect(new Set([...quick.pids, ...slow.pids]).size).toBeGreaterThan(2);

    expect(await program.ask('close')).toEqual({ ended: 2, killed: 0 });
    expect(await program.exited).toEqual({ status: 0, signal: null });
    expect(program.events('exit').map(({ status, signal }) => ({ status, signal }))).toEqual(
      Array.from({ length: 2 + 2 * times }, () => ({ status: 0, signal: null })),
    );
    expect(program.events('warning')).toEqual([]);
    if (place.path !== undefined) expect(existsSync(place.path)).toBe(false);
  });

  test('lose no connection: what comes to a worker that closes is served or ended in good order', async () => {
    const place: ListenOptions = kind === 'port' ? { port: 0, host } : { path: socketPath() };
    const program = await ClusterProgram.ready({ workers: 2 }, { place, policy });
    const there: ConnectPlace = kind === 'port' ? { port: program.port, host } : { path: place.path! };
    const client = new Client<string>({ codec: line() });
    onTestFinished(() => client.destroy());
    const answered: string[] = [];
    let asked = 0;
    const stop = new AbortController();
    /** Makes a connection for each request. */
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const id = `c${++asked}`;
        for (;;) {
          const connection = await client.connect(there);
          try {
            const [answer] = (await new Exchange(connection).request(id, (frame) => frame)).split(' ');
            answered.push(answer!);
            break;
          } catch (error) {
            if (!(error instanceof ConnectionLostError) || error.reason !== 'peer') throw error;
          } finally {
            void connection.close();
          }
        }
      }
    };
    const loops = Promise.all(Array.from({ length: 16 }, loop));
    for (let i = 0; i < times; i++) {
      const before = answered.length;
      await Promise.race([loops, vi.waitUntil(() => answered.length > before + 200, patient)]);
      await Promise.race([loops, program.ask('restart')]);
    }
    stop.abort();
    await loops;
    expect(new Set(answered).size).toBe(asked);
    expect(answered).toHaveLength(asked);
    const counts = handled(program);
    expect(counts.size).toBe(asked);
    expect(twice(counts)).toEqual([]);
  });
});

test('a restart that is asked for during another comes behind it, and all that ask until it begins share it', async () => {
  const program = await ClusterProgram.ready({ workers: 2 });
  const before = await program.pids();
  const { shared, pids } = (await program.ask('restart, restart and restart')) as {
    shared: boolean[];
    pids: [number[], number[]];
  };
  expect(shared).toEqual([false, true]);
  expect(new Set([...before, ...pids[0], ...pids[1]]).size).toBe(6);
  expect(await program.pids()).toEqual(pids[1]);
});

test.each([
  ['throws', 'did not start: no such table'],
  ['exits', 'ended with status 3 before it was ready'],
  ['hangs', 'was not ready within 10000 ms: see what its function waits for, or raise startTimeout'],
] as const)('a new version that %s leaves the old one in place', async (mood, message) => {
  const program = await ClusterProgram.ready({ workers: 2, startTimeout: 10_000 });
  const before = await program.pids();
  const traffic = new Traffic({ port: program.port, host }, { clients: 2 });
  program.mood = mood;
  const failed = program.ask('restart');
  await expect(failed).rejects.toMatchObject({ name: 'WorkerStartError', code: 'WIRE_WORKER_START' });
  await expect(failed).rejects.toThrow(new RegExp(`^worker \\d+ ${message}$`));
  expect(await program.pids()).toEqual(before);
  await traffic.end();
  expect(traffic).toMatchObject({ errors: [], retried: 0 });
  expect(traffic.answered).toBeGreaterThan(0);

  program.mood = '';
  await program.ask('restart');
  const after = await program.pids();
  expect(after).toHaveLength(2);
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  expect(program.events('warning')).toEqual([]);
});

test('a worker that was lost during a restart is replaced', async () => {
  const program = await ClusterProgram.ready({ workers: 2, startTimeout: 10_000 });
  const [, second] = await program.pids();
  program.mood = 'hangs';
  const failed = program.ask('restart').catch((error: unknown) => error);
  process.kill(second!, 'SIGKILL');
  await program.event('exit');
  expect(await failed).toMatchObject({ code: 'WIRE_WORKER_START' });
  program.mood = '';
  await vi.waitUntil(async () => (await program.pids()).length === 2, patient);
  expect(await program.pids()).not.toContain(second);
});
