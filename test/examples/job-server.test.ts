import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Talk } from '../gearman/scene.ts';
import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('a job server with rules for its functions, whose jobs outlive it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-example-'));
  const start = async (jobs: number): Promise<[ExampleProcess, Talk]> => {
    const example = new ExampleProcess('job-server', '--port', '0', '--jobs', folder);
    const [, port] = await example.printed(new RegExp(`listening on 127\\.0\\.0\\.1:(\\d+), with ${jobs} jobs\n`));
    return [example, await Talk.to({ port: Number(port) })];
  };
  const [example, c] = await start(0);
  expect(await c.ask('SUBMIT_JOB_BG', 'thumbnail', '', 'x')).toBe('ERROR QUEUE_ERROR No worker does this function');
  expect(await c.ask('SUBMIT_JOB_BG', 'mail', '', 'to ann')).toMatch(/^JOB_CREATED /);
  example.signal('SIGTERM');
  expect(await c.end()).toEqual([]);
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  const [again, w] = await start(1);
  await w.send('CAN_DO', 'mail').all();
  expect(await w.ask('GRAB_JOB')).toMatch(/mail to ann$/);
  again.signal('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});
