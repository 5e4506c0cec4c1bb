import { afterEach, expect, test } from 'vitest';

import { serve } from '../gearman/scene.ts';
import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('a worker and a client of a function, which go on to the server that is up', async () => {
  const server = await serve();
  const place = `127.0.0.1:${server.port}`;
  const worker = new ExampleProcess('reverse-worker', place);
  await worker.printed(/reversing for 127/);
  const client = new ExampleProcess('reverse-client', 'hello', '127.0.0.1:1', place);
  expect(await client.exited()).toEqual({ status: 0, signal: null });
  expect(client.stdout).toBe(`olleh\ndone by way of ${place}\n`);
  worker.signal('SIGTERM');
  expect(await worker.exited()).toEqual({ status: 0, signal: null });
  expect(worker.stderr).toBe('');
});

test('a queue of thumbnails with progress, in memory', async () => {
  const example = new ExampleProcess('thumbnails');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout).toContain('256: 32 of 32 rows\n');
  expect(example.stdout).toContain('256 x 256 is 32 x 32 now\n');
  expect(example.stdout).toContain('threw: this is no graymap\n3 thumbnails by two workers\n');
  // It is tried again twice.
  expect(example.stderr).toBe('a worker: this is no graymap\n'.repeat(3));
});
