import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';

import { EncodeError } from '@wirewright/core';
import { type JobHandler } from '@wirewright/gearman';
import { expect, test } from 'vitest';

import { failure, later, scene } from './worker-scene.ts';

/** A proxy that throws when it is asked what it is an instance of, as one that was revoked does. */
function unspeakable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test('what a handler throws ends the job, also what cannot be asked what it is', async () => {
  const { client, worker, errors } = scene({ concurrency: 1 });
  // oxlint-disable-next-line typescript/only-throw-error -- that is the point
  worker.handle('f', () => Promise.reject(unspeakable()));
  expect(await failure(client.submit('f'))).toMatchObject({ code: 'GEARMAN_JOB_EXCEPTION' });
  expect(errors).toHaveLength(1);
  expect(worker.running).toBe(0);
});

test('a handler that returns another value is told what it may return', async () => {
  const { client, worker } = scene();
  for (const [name, value] of Object.entries({ number: 5, boolean: true, symbol: Symbol('s'), object: {} })) {
    worker.handle(name, (() => value) as unknown as JobHandler);
    expect(String(await failure(client.submit(name)))).toContain('a handler returns text, bytes, or an iterable');
  }
});

test('data that cannot be sent, and that nobody waits for, is told as an error, and does not end the process', async () => {
  const { client, worker, errors } = scene({ maxFrameLength: 1024 });
  worker.handle('f', (job) => {
    void job.data(Buffer.alloc(2048));
    void job.warning(Buffer.alloc(2048));
    return 'done';
  });
  expect(String(await client.submit('f'))).toBe('done');
  expect(errors.map((error) => error instanceof EncodeError)).toEqual([true, true]);
});

test('a stream that a handler has returned is ended when its job is cancelled, though it has nothing to give', async () => {
  const { client, worker, server } = scene({ cancelCheck: 20 });
  const returned = new Readable({ read() {} });
  worker.handle('f', () => returned);
  const task = client.submit('f');
  await task.created;
  await expect.poll(() => worker.running).toBe(1);
  server.cancel({ handle: task.handle! });
  await failure(task);
  await expect.poll(() => worker.running).toBe(0);
  expect(returned.destroyed).toBe(true);
});

test("a stream that comes when the job is over is ended, and what it fails with is nobody's", async () => {
  const { client, worker } = scene();
  const hold = later();
  const returned = new Readable({ read() {} });
  worker.handle(
    'f',
    async () => {
      await hold.promise;
      return returned;
    },
    { timeout: 1 },
  );
  await failure(client.submit('f'));
  hold.resolve();
  await expect.poll(() => returned.destroyed).toBe(true);
  returned.emit('error', new Error('too late'));
});
