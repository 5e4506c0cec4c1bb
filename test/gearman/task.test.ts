import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';

import { InvalidOptionError, QueueFullError } from '@wirewright/core';
import { memoryPlace } from '@wirewright/core/testing';
import {
  CommandError,
  InvalidNameError,
  JobCancelledError,
  JobExceptionError,
  JobFailedError,
  JobServer,
  NoWorkerError,
  TaskTimeoutError,
} from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { afterwards, serve } from './scene.ts';
import { clientOf, events, failure, later, placeOf, reverse, reversed, scene, workerOf } from './worker-scene.ts';

describe('a job', () => {
  test('comes to the worker, and its result back', async () => {
    const { client, worker } = scene();
    worker.handle('reverse', reverse);
    const task = client.submit('reverse', 'hello');
    expect((await task).toString()).toBe('olleh');
    expect([task.handle, task.server, task.attempts, task.over]).toEqual(['H:t:1', 'memory', 1, true]);
    const binary = Buffer.from([0, 1, 0, 255, 0]);
    expect(await client.submit('reverse', binary)).toEqual(Buffer.from([0, 255, 0, 1, 0]));
    expect((await client.submit('reverse')).length).toBe(0);
    expect(worker.counters).toEqual({ assigned: 3, completed: 3, failed: 0, lost: 0 });
    expect(client.counters).toMatchObject({ submitted: 3, completed: 3, failed: 0, rejected: 0 });
  });

  test('of 16 MiB comes whole both ways', async () => {
    const server = await serve();
    const client = clientOf(placeOf(server));
    workerOf(placeOf(server)).worker.handle('reverse', reverse);
    const payload = Buffer.alloc(16 * 1024 * 1024, 'abcdefg');
    const result = await client.submit('reverse', payload);
    expect(result.equals(reversed(payload))).toBe(true);
  });

  test('has what it was submitted with', async () => {
    const { client, worker } = scene();
    const jobs: unknown[] = [];
    worker.handle('look', (job) => {
      jobs.push([job.function, job.handle, job.unique, job.reducer, job.text, job.server]);
    });
    await client.submit('look', 'a', { unique: 'u1' });
    await client.submit('look', 'b', { reducer: 'sum' });
    expect(jobs).toEqual([
      ['look', 'H:t:1', 'u1', undefined, 'a', 'memory'],
      ['look', 'H:t:2', '', 'sum', 'b', 'memory'],
    ]);
  });

  test('tells how far it is, and its task what the worker tells', async () => {
    const { client, worker } = scene();
    worker.handle('tell', async (job) => {
      await job.status(1, 2);
      await job.data('part');
      await job.warning('careful');
      await job.status(2, 2);
      return 'end';
    });
    const task = client.submit('tell');
    expect(await events(task)).toEqual(['status 1/2', 'data part', 'warning careful', 'status 2/2']);
    expect((await task).toString()).toBe('end');
    expect(() => task[Symbol.asyncIterator]()).toThrow(InvalidOptionError);
  });

  test('keeps what was told before somebody reads', async () => {
    const { client, worker } = scene();
    worker.handle('tell', async (job) => {
      await job.data('one');
      return 'two';
    });
    const task = client.submit('tell');
    await task;
    expect(await events(task)).toEqual(['data one']);
  });

  test('may be answered in pieces, and read as a stream', async () => {
    const { client, worker } = scene();
    worker
      .handle('pieces', async function* pieces() {
        yield 'one ';
        yield Buffer.from('two ');
        yield 'three';
      })
      .handle('stream', (job) => job.stream());
    const task = client.submit('pieces');
    expect((await buffer(task.stream())).toString()).toBe('one two three');
    expect((await task).toString()).toBe('three');
    expect((await buffer(client.submit('stream', 'through').stream())).toString()).toBe('through');
  });

  test('that throws is an exception; one that fails is none; whatever comes afterwards is dropped', async () => {
    const { client, worker, errors } = scene();
    worker
      .handle('throw', () => {
        throw new Error('no way');
      })
      .handle('reject', () => Promise.reject(new Error('nor this')))
      .handle('fail', (job) => {
        job.fail();
        job.fail();
        job.exception('x');
        job.complete('x');
        return 'dropped';
      })
      .handle('odd', () => 5 as never)
      .handle('broken', async function* broken() {
        yield 'one';
        throw new Error('halfway');
      });
    const thrown = await failure(client.submit('throw'));
    expect(thrown).toBeInstanceOf(JobExceptionError);
    expect((thrown as JobExceptionError).data.toString()).toBe('no way');
    expect(await failure(client.submit('reject'))).toMatchObject({ code: 'GEARMAN_JOB_EXCEPTION' });
    const failed = await failure(client.submit('fail'));
    expect(failed).toBeInstanceOf(JobFailedError);
    expect(failed).not.toBeInstanceOf(JobExceptionError);
    expect(failed).toMatchObject({ code: 'GEARMAN_JOB_FAILED', function: 'fail', server: 'memory' });
    expect(await failure(client.submit('odd'))).toBeInstanceOf(JobExceptionError);
    expect(await failure(client.submit('broken').stream().toArray())).toBeInstanceOf(JobExceptionError);
    expect(errors.map(({ message }) => message)).toContain('no way');
    expect((await client.echo('still there')).toString()).toBe('still there');
  });

  test('in the background is over when the server has it', async () => {
    const { client, worker, server } = scene();
    const handle = await client.submit('note', 'x', { background: true, unique: 'u' });
    expect(handle).toBe('H:t:1');
    expect(await client.status(handle)).toMatchObject({ known: true, running: false, server: 'memory' });
    expect(await client.statusOfUnique('u')).toMatchObject({ known: true, clients: 0 });
    const seen = later<string>();
    worker.handle('note', (job) => seen.resolve(job.text));
    expect(await seen.promise).toBe('x');
    await vi.waitFor(() => expect(server.jobs.total).toBe(0), patient);
    expect((await client.status(handle)).known).toBe(false);
  });

  test('comes by priority, and the same unique is one job, also on one connection', async () => {
    const { client, worker } = scene();
    const order: string[] = [];
    const tasks = [
      client.submit('work', 'low', { priority: 'low' }),
      client.submit('work', 'normal', { unique: 'same' }),
      client.submit('work', 'not seen', { unique: 'same' }),
      client.submit('work', 'high', { priority: 'high' }),
    ];
    await Promise.all(tasks.map((task) => task.created));
    expect(tasks[1]!.handle).toBe(tasks[2]!.handle);
    const told = [events(tasks[1]!), events(tasks[2]!)];
    worker.handle('work', async (job) => {
      order.push(job.text);
      await job.data(`${job.text} 1`);
      await job.data(`${job.text} 2`);
      return job.text;
    });
    const results = await Promise.all(tasks);
    expect(results.map(String)).toEqual(['low', 'normal', 'normal', 'high']);
    expect(order).toEqual(['high', 'normal', 'low']);
    expect(await Promise.all(told)).toEqual([
      ['data normal 1', 'data normal 2'],
      ['data normal 1', 'data normal 2'],
    ]);
  });

  test('can be for later, and again and again', async () => {
    const { client, server } = scene();
    await client.submit('later', 'x', { at: Date.now() + 60_000 });
    await client.submit('often', 'x', { cron: '0 4 * * mon-fri' });
    await vi.waitFor(() => expect(server.jobs.waiting).toBe(2), patient);
    expect(await failure(client.submit('often', 'x', { cron: '* *' }))).toBeInstanceOf(InvalidOptionError);
    expect(await failure(client.submit('often', 'x', { cron: '99 * * * *' }))).toBeInstanceOf(CommandError);
    expect(await failure(client.submit('x', 'x', { at: 5, priority: 'high' }))).toBeInstanceOf(InvalidOptionError);
  });
});

describe('a task', () => {
  test('that nobody waits for may fail', async () => {
    const { client, worker } = scene();
    worker.handle('fail', (job) => job.fail());
    const task = client.submit('fail');
    await vi.waitFor(() => expect(task.over).toBe(true), patient);
    expect(await failure(task.created.then(() => task))).toBeInstanceOf(JobFailedError);
  });

  test('gives up in time, or when its signal is aborted', async () => {
    const { client } = scene();
    expect(await failure(client.submit('nobody', 'x', { timeout: 20 }))).toBeInstanceOf(TaskTimeoutError);
    const controller = new AbortController();
    const tasks = [1, 2, 3].map(() => client.submit('nobody', 'x', { signal: controller.signal }));
    await tasks[2]!.created;
    controller.abort(new Error('enough'));
    for (const task of tasks) expect(await failure(task)).toMatchObject({ message: 'enough' });
    expect(await failure(client.submit('nobody', 'x', { signal: controller.signal }))).toMatchObject({
      message: 'enough',
    });
    expect(client.pending).toBe(0);
  });

  test('cancels its job', async () => {
    const { client, worker, errors } = scene({ cancelCheck: 10 });
    const aborted = later<unknown>();
    worker.handle('long', (job) => {
      job.signal.addEventListener('abort', () => aborted.resolve(job.signal.reason));
      return aborted.promise.then(() => 'dropped');
    });
    const task = client.submit('long');
    await task.created;
    await vi.waitFor(() => expect(worker.running).toBe(1), patient);
    expect(await task.cancel()).toBe(true);
    expect(await failure(task)).toBeInstanceOf(JobFailedError);
    expect(await aborted.promise).toBeInstanceOf(JobCancelledError);
    expect(errors[0]).toBeInstanceOf(JobCancelledError);
    await vi.waitFor(() => expect(worker.running).toBe(0), patient);
    worker.handle('next', () => 'done');
    expect((await client.submit('next')).toString()).toBe('done');
  });

  test('is refused with names that would be others, before anything is sent', async () => {
    const { client, server } = scene();
    for (const task of [
      client.submit('a\0b'),
      client.submit(''),
      client.submit('a', 'x', { unique: 'u\0' }),
      client.submit('a', 'x', { reducer: '\0' }),
      client.status('H:\0'),
      client.statusOfUnique('\0'),
    ])
      expect(await failure(task)).toBeInstanceOf(InvalidNameError);
    expect(await failure(client.submit('a', 5 as never))).toBeInstanceOf(InvalidOptionError);
    expect(await failure(client.submit('a', 'x', { prio: 1 } as never))).toBeInstanceOf(InvalidOptionError);
    expect(server.counters.accepted).toBe(0);
  });

  test('is one too many above maxWaiting', async () => {
    const { client } = scene({}, { maxWaiting: 1 });
    void client.submit('nobody');
    expect(await failure(client.submit('nobody'))).toBeInstanceOf(QueueFullError);
  });

  test('needs a worker, if it says so', async () => {
    const { client, worker } = scene();
    expect(await failure(client.submit('work', 'x', { requireWorker: true }))).toBeInstanceOf(NoWorkerError);
    worker.handle('work', () => 'done');
    await worker.ready();
    await vi.waitFor(
      async () => expect((await client.submit('work', 'x', { requireWorker: true })).toString()).toBe('done'),
      patient,
    );
  });

  test('is tried again when that is wanted, and what was told before counts no more', async () => {
    const { client, worker } = scene({}, { reconnect: { minDelay: 1, maxDelay: 2 } });
    let calls = 0;
    worker.handle('flaky', async (job) => {
      await job.data(`attempt ${++calls}`);
      if (calls < 3) throw new Error('not yet');
      return 'done';
    });
    const task = client.submit('flaky', 'x', { retries: { failure: 5 } });
    expect(await events(task)).toEqual(['data attempt 1', 'retry', 'data attempt 2', 'retry', 'data attempt 3']);
    expect((await task).toString()).toBe('done');
    expect([task.attempts, client.counters.retried]).toEqual([3, 2]);
    calls = 0;
    expect(await failure(client.submit('flaky', 'x', { retries: 1 }))).toBeInstanceOf(JobExceptionError);
    expect(calls).toBe(2);
  });
});

describe('what must not be forgotten', () => {
  test('a result that is too large ends its job as an exception', async () => {
    const { client, worker, errors } = scene({ maxFrameLength: 1024 });
    worker.handle('large', () => Buffer.alloc(4096));
    expect(await failure(client.submit('large'))).toBeInstanceOf(JobExceptionError);
    expect(errors.length).toBe(1);
    worker.handle('next', () => 'done');
    expect((await client.submit('next')).toString()).toBe('done');
  });

  test('a task that was cancelled is not submitted again', async () => {
    const { client, worker } = scene({}, { retries: 3, reconnect: { minDelay: 1, maxDelay: 1 } });
    let calls = 0;
    worker.handle('long', () => {
      calls++;
      return new Promise(() => {});
    });
    const task = client.submit('long');
    await vi.waitFor(() => expect(calls).toBe(1), patient);
    expect(await task.cancel()).toBe(true);
    expect(await failure(task)).toBeInstanceOf(JobFailedError);
    expect([calls, task.attempts]).toEqual([1, 1]);
  });

  test('a stream that the server has destroyed is made anew', async () => {
    const { client, worker, server } = scene({}, { retries: { lost: 5 }, reconnect: { minDelay: 1, maxDelay: 10 } });
    worker.handle('reverse', reverse);
    expect((await client.submit('reverse', 'abc')).toString()).toBe('cba');
    for (const connection of server.connections) connection.destroy();
    expect((await client.submit('reverse', 'def')).toString()).toBe('fed');
  });

  test('a distribution of the user that is wrong is the error of its tasks', async () => {
    const servers = [new JobServer(), new JobServer()];
    afterwards(() => servers.forEach((server) => server.destroy()));
    const places = servers.map((server, index) => memoryPlace(server, `s${index}`));
    const client = clientOf(places, { distribution: () => () => [7] });
    expect(await failure(client.submit('x'))).toBeInstanceOf(InvalidOptionError);
  });
});
