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
