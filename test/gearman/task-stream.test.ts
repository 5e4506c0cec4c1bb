import { once } from 'node:events';

import { expect, test } from 'vitest';

import { later, scene } from './worker-scene.ts';

test('the stream of a task is closed as soon as it is destroyed, though the worker says nothing more', async () => {
  const { client, worker } = scene();
  const hold = later();
  worker.handle('f', async (job) => {
    await job.data('first');
    await hold.promise;
    return 'last';
  });
  const task = client.submit('f');
  const stream = task.stream();
  await once(stream, 'data');
  stream.destroy();
  await once(stream, 'close');
  hold.resolve();
  expect(String(await task)).toBe('last');
});
