import { JobServer } from '@wirewright/gearman';
import { expect, test } from 'vitest';

import { FakeStore } from './fake-store.ts';
import { PREFIX, serve, Talk, worker } from './scene.ts';

/** Waits for the next commit, does it, and says that it failed. */
async function doAndFail(store: FakeStore): Promise<void> {
  await expect.poll(() => store.commits.length).toBe(1);
  const [{ batch, settle }] = store.commits as [FakeStore['commits'][number]];
  for (const job of batch.put) store.jobs.set(job.id, job);
  settle(new Error('the answer was lost'));
  store.quick = true;
}

test('a store that has no numbers to give is closed again when the server cannot be opened for that', async () => {
  const store = new FakeStore();
  store.reserve = () => Promise.reject(new Error('the disk is full'));
  const server = new JobServer({ handlePrefix: PREFIX, store });
  await expect(server.listen({ port: 0, host: '127.0.0.1' })).rejects.toThrow('the disk is full');
  expect(store.closed).toBe(true);
  await server.close();
});

test('a job that was refused because of the store is not done after the next start, though the store has kept it', async () => {
  const store = new FakeStore();
  const server = await serve({ store }, (s) => s.onStoreTrouble(() => {}));
  store.quick = false;
  const c = await Talk.to(server);
  c.send('SUBMIT_JOB_BG', 'f', '', 'refused');
  await doAndFail(store);
  expect(await c.next()).toBe('ERROR QUEUE_ERROR the answer was lost');
  expect(await c.ask('SUBMIT_JOB_BG', 'f', '', 'taken')).toBe('JOB_CREATED H:t:2');
  await server.close({ grace: 0 });
  expect([...store.jobs.keys()]).toEqual([2]);
});

test('nor is one in the foreground that was done, and which one in the background was refused to join', async () => {
  const store = new FakeStore();
  const server = await serve({ store }, (s) => s.onStoreTrouble(() => {}));
  const [c, back, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
  await c.ask('SUBMIT_JOB', 'f', 'same', 'x');
  await w.ask('GRAB_JOB');
  store.quick = false;
  back.send('SUBMIT_JOB_BG', 'f', 'same', 'x');
  await doAndFail(store);
  expect(await back.next()).toBe('ERROR QUEUE_ERROR the answer was lost');
  w.send('WORK_COMPLETE', 'H:t:1', 'done');
  expect(await c.next()).toBe('WORK_COMPLETE H:t:1 done');
  await server.close({ grace: 0 });
  expect([...store.jobs.keys()]).toEqual([]);
});
