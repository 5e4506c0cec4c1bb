import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { describe, expect, test } from 'vitest';

import { afterwards, Talk } from '../../gearman/scene.ts';
import { strace, straceArguments, type SystemCall, systemCalls } from '../../support/strace.ts';
import { PACKETS } from './packets.ts';

/** All by which a process can put something into a file or a socket, or a file onto the disk. */
const TRACED = ['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg', 'fdatasync', 'fsync'];

const HEADER = 12;

/** Jobs that each of three clients sends at once, one burst after the other: few enough for one block of the store's log, 32 KiB. */
const BURSTS = [1, 8, 1, 32];

const path = strace();

/** A job that a client was told is kept. */
interface Acknowledged {
  readonly payload: string;
  /** When the first byte of its JOB_CREATED began to be sent. */
  readonly at: number;
}

/** A server as a process of its own that is traced, and how to end it: with all that it did. */
interface Traced {
  readonly port: number;
  readonly end: () => Promise<SystemCall[]>;
}

async function startTraced(folder: string, sync: string): Promise<Traced> {
  const output = join(folder, 'trace');
  const server = join(import.meta.dirname, '../../gearman/durable-server.mjs');
  const command = [...straceArguments(output, ...TRACED), process.execPath, server, join(folder, 'store'), sync];
  const child = spawn(path!, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { pid, port } = JSON.parse(line) as { pid: number; port: number };
  afterwards(() => {
    if (child.exitCode === null) process.kill(pid, 'SIGKILL');
  });
  return {
    port,
    async end() {
      process.kill(pid, 'SIGTERM');
      await ended;
      return systemCalls(readFileSync(output, 'latin1'));
    },
  };
}

/** Sends bursts of background jobs, each when the one before it is acknowledged. Returns the payloads. */
async function submit(talk: Talk, name: string): Promise<string[]> {
  const payloads: string[] = [];
  for (const [burst, size] of BURSTS.entries()) {
    talk.socket.cork();
    for (let i = 0; i < size; i++) {
      const payload = `[job ${name} ${burst} ${i}]`;
      talk.send('SUBMIT_JOB_BG', 'f', '', payload);
      payloads.push(payload);
    }
    talk.socket.uncork();
    for (let i = 0; i < size; i++) expect(await talk.next()).toMatch(/^JOB_CREATED /);
  }
  return payloads;
}

/** When which job was acknowledged on a connection: answers come in the order of the jobs. */
function acknowledgements(calls: readonly SystemCall[], port: number, payloads: readonly string[]): Acknowledged[] {
  const sent = calls.filter(({ target }) => target.startsWith('TCP:') && target.endsWith(`:${port}]`));
  const bytes = Buffer.concat(sent.map(({ data }) => data));
  /** Which call each byte went by. */
  const begun = sent.flatMap((call) => Array.from(call.data, () => call.begun));
  const acknowledged: Acknowledged[] = [];
  for (let at = 0; at < bytes.length; at += HEADER + bytes.readUInt32BE(at + 8)) {
    expect(bytes.readUInt32BE(at + 4)).toBe(PACKETS.JOB_CREATED);
    acknowledged.push({ payload: payloads[acknowledged.length]!, at: begun[at]! });
  }
  expect(acknowledged).toHaveLength(payloads.length);
  return acknowledged;
}

/** Whether a job lay in a file all of which was on the disk when it was acknowledged. */
function wasOnDisk(calls: readonly SystemCall[], { payload, at }: Acknowledged): boolean {
  const written = calls.find(({ target, data }) => target.startsWith('/') && data.includes(payload));
  expect(written, `${payload} is in no file`).toBeDefined();
  const { target, ended } = written!;
  return calls.some(
    (call) => call.name === 'fdatasync' && call.target === target && call.begun > ended && call.ended < at,
  );
}

/** Puts a server under load of three clients. Returns how many jobs were acknowledged, and which of them before they were on disk. */
async function trace(sync: string): Promise<{ jobs: number; early: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-strace-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startTraced(folder, sync);
  const talks = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, talk: await Talk.to(server) })));
  const clients = await Promise.all(
    talks.map(async ({ name, talk }) => ({ port: talk.socket.localPort!, payloads: await submit(talk, name) })),
  );
  const calls = await server.end();
  const acknowledged = clients.flatMap(({ port, payloads }) => acknowledgements(calls, port, payloads));
  const early = acknowledged.filter((each) => !wasOnDisk(calls, each)).map(({ payload }) => payload);
  return { jobs: acknowledged.length, early };
}

const JOBS = 3 * BURSTS.reduce((sum, size) => sum + size, 0);

describe.runIf(path !== undefined)('system calls of a server with a store', () => {
  test('an fdatasync of what has a job in it is over before any byte of its JOB_CREATED is sent', async () => {
    expect(await trace('always')).toEqual({ jobs: JOBS, early: [] });
  });

  test('where it is not to wait for the disk, the same trace shows that it did not', async () => {
    const { jobs, early } = await trace('none');
    expect([jobs, early.length]).toEqual([JOBS, JOBS]);
  });
});
