import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, test } from 'vitest';

import { afterwards, Talk } from './scene.ts';

const JOBS = 10_000;

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly damage: unknown;
}

async function start(folder: string): Promise<Started> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'durable-server.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterwards(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { port: number; damage: unknown }) };
}

/** Grabs and completes jobs until there are no more, or `most` were done. Returns the payloads. */
async function work(w: Talk, most: number): Promise<string[]> {
  const done: string[] = [];
  while (done.length < most) {
    const grabbed = await w.ask('GRAB_JOB');
    if (grabbed === 'NO_JOB') break;
    const [, handle, , payload] = grabbed.split(' ');
    w.send('WORK_COMPLETE', handle!, '');
    done.push(payload!);
  }
  await w.all();
  return done;
}

test('a server that is killed with 10,000 jobs, waiting and running, has lost none that it has acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-durable-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const first = await start(folder);
  const [c, w] = [await Talk.to(first), await Talk.to(first)];
  await w.send('CAN_DO', 'f').all();
  for (let i = 0; i < JOBS; i++) c.send('SUBMIT_JOB_BG', 'f', '', `job${i}`);
  const handles = new Set<string>();
  for (let i = 0; i < JOBS; i++) {
    const answer = await c.next();
    expect(answer).toMatch(/^JOB_CREATED /);
    handles.add(answer.slice(12));
  }
  const done = new Set(await work(w, 2000));
  // So many run, and more come in that nobody hears of.
  for (let i = 0; i < 500; i++) w.send('GRAB_JOB');
  expect(await w.all()).toHaveLength(500);
  for (let i = 0; i < 200; i++) c.send('SUBMIT_JOB_BG', 'f', '', `late${i}`);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await start(folder);
  expect(second.damage).toBeUndefined();
  const [c2, w2] = [await Talk.to(second), await Talk.to(second)];
  expect(handles).not.toContain((await c2.ask('SUBMIT_JOB_BG', 'g', '', 'x')).slice(12));
  await w2.send('CAN_DO', 'f').all();
  const rest = await work(w2, Infinity);
  const again = rest.filter((payload) => done.has(payload));
  const all = new Set([...done, ...rest]);
  const lost = Array.from({ length: JOBS }, (_, i) => `job${i}`).filter((payload) => !all.has(payload));
  expect(lost).toEqual([]);
  // What was done and whose end had not reached the disk may come again; what is in order does not come twice in one life.
  expect(again.length).toBeLessThan(2000);
  expect(new Set(rest).size).toBe(rest.length);
});

test('a server that is told to end leaves its jobs in the store, and gives the next one the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-durable-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const first = await start(folder);
  const c = await Talk.to(first);
  c.send('SUBMIT_JOB_BG', 'f', 'u', 'x').send('SUBMIT_JOB', 'f', '', 'y');
  expect(await c.all()).toEqual(['JOB_CREATED H:t:1', 'JOB_CREATED H:t:2']);
  first.child.kill('SIGTERM');
  expect(await c.end()).toEqual(['WORK_FAIL H:t:2']);
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  const second = await start(folder);
  expect(second.damage).toBeUndefined();
  expect(await (await Talk.to(second)).admin('show jobs')).toEqual(['H:t:1\t0\t0\t1']);
});
