import { InvalidOptionError } from '@wirewright/core';
import { expect, test } from 'vitest';

import { PATIENCE } from '../support/patience.ts';
import { serve } from './scene.ts';
import { clientOf, failure, placeOf } from './worker-scene.ts';

test('a job of a server that is being removed can be asked about, and cancelled, which lets the server go', async () => {
  const [first, second] = [await serve(), await serve()];
  const name = placeOf(first) as string;
  const client = clientOf([name, placeOf(second)], { distribution: 'ordered' });
  const task = client.submit('nobody-does-it');
  const failed = failure(task);
  await task.created;
  const removed = client.removeServer(name, { grace: PATIENCE });
  expect(await client.status(task)).toMatchObject({ known: true, running: false });
  await expect(client.removeServer(name)).rejects.toThrow(InvalidOptionError);
  expect(await task.cancel()).toBe(true);
  expect(await failed).toMatchObject({ code: 'GEARMAN_JOB_FAILED' });
  expect(await removed).toEqual({ drained: 1, destroyed: 0 });
  await expect(client.removeServer(name)).rejects.toThrow(InvalidOptionError);
});

test('a server is let go when all tasks of it are over, though the job of one that ran out of time never is', async () => {
  const [first, second] = [await serve(), await serve()];
  const client = clientOf([placeOf(first), placeOf(second)], { distribution: 'ordered' });
  const stop = new AbortController();
  const task = client.submit('nobody-does-it', '', { signal: stop.signal });
  const failed = failure(task);
  await task.created;
  const removed = client.removeServer(placeOf(first) as string, { grace: PATIENCE });
  stop.abort(new Error('enough'));
  expect(await failed).toMatchObject({ message: 'enough' });
  expect(await removed).toEqual({ drained: 1, destroyed: 0 });
});
