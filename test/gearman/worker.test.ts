import { Buffer } from 'node:buffer';

import { packet, PacketType } from '@wirewright/codec-gearman';
import { ClosedError, HandlerTimeoutError, InvalidOptionError } from '@wirewright/core';
import { memoryPlace } from '@wirewright/core/testing';
import { JobLostError, JobServer } from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { freePort } from '../support/programs.ts';
import { afterwards, serve } from './scene.ts';
import { clientOf, failure, later, placeOf, reverse, scene, workerOf } from './worker-scene.ts';

describe('a worker', () => {
  test('does several jobs at once, as many as it is told', async () => {
    const { client, worker } = scene({ concurrency: 3 });
    let most = 0;
    worker.handle('wait', async () => {
      most = Math.max(most, worker.running);
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await Promise.all(Array.from({ length: 20 }, () => client.submit('wait')));
    expect([most, worker.running, worker.counters.completed]).toEqual([3, 0, 20]);
  });

  test('does jobs of several servers, and starts when one is up', async () => {
    const servers = [await serve(), await serve()];
    const places = [...servers.map(placeOf), `127.0.0.1:${await freePort()}`];
    const { worker } = workerOf(places);
    worker.handle('reverse', reverse);
    await worker.ready();
    for (const server of servers) {
      const client = clientOf(placeOf(server));
      expect((await client.submit('reverse', 'abc')).toString()).toBe('cba');
    }
  });

  test('learns functions and forgets them, and loses no job over it', async () => {
    const { client, worker, server } = scene({ concurrency: 2 });
    worker.handle('one', () => 'one');
    await client.submit('one');
    worker.handle('two', () => 'two');
    expect((await client.submit('two')).toString()).toBe('two');
    const go = later();
    worker.handle('slow', async () => {
      await go.promise;
      return 'slow';
    });
    const task = client.submit('slow');
    await vi.waitFor(() => expect(worker.running).toBe(1), patient);
    const removed = worker.remove('slow');
    go.resolve();
    expect((await task).toString()).toBe('slow');
    await removed;
    expect(worker.functions).toEqual(['one', 'two']);
    await vi.waitFor(() => expect(server.functions.find(({ name }) => name === 'slow')?.workers).toBe(0), patient);
    expect(worker.counters).toEqual({ assigned: 3, completed: 3, failed: 0, lost: 0 });
    expect((await client.submit('one')).toString()).toBe('one');
  });

  test('has a limit for handlers that never end', async () => {
    const { client, worker } = scene();
    const aborted = later<unknown>();
    worker.handle(
      'never',
      (job) => {
        job.signal.addEventListener('abort', () => aborted.resolve(job.signal.reason));
        return new Promise(() => {});
      },
      { timeout: 20 },
    );
    expect(await failure(client.submit('never'))).toMatchObject({
      data: Buffer.from('the handler of never was not done within 20 ms (timeout)'),
    });
    expect(await aborted.promise).toBeInstanceOf(HandlerTimeoutError);
    worker.handle('next', () => 'done');
    expect((await client.submit('next')).toString()).toBe('done');
  });

  test('tries a handler again before the job fails', async () => {
    const { client, worker } = scene();
    const attempts: number[] = [];
    worker.handle(
      'flaky',
      (job) => {
        attempts.push(job.attempt);
        if (job.attempt < 3) throw new Error('not yet');
        return 'done';
      },
      { retries: 2, backoff: { minDelay: 1 } },
    );
    expect((await client.submit('flaky')).toString()).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('has middleware around its handlers', async () => {
    const { client, worker } = scene();
    const log: string[] = [];
    worker
      .use(async (job, next) => {
        log.push(`before ${job.function}`);
        const result = await next();
        log.push('after');
        return `<${result as string}>`;
      })
      .use((job, next) => (job.text === 'skip' ? 'skipped' : next()))
      .handle('say', (job) => job.text);
    expect((await client.submit('say', 'hello')).toString()).toBe('<hello>');
    expect((await client.submit('say', 'skip')).toString()).toBe('<skipped>');
    expect(log).toEqual(['before say', 'after', 'before say', 'after']);
  });

  test('tells a server everything anew that comes back', async () => {
    const port = await freePort();
    const start = async (): Promise<JobServer> => {
      const server = new JobServer();
      await server.listen({ port, host: '127.0.0.1' });
      afterwards(() => server.destroy());
      return server;
    };
    const server = await start();
    const reconnect = { minDelay: 1, maxDelay: 20 };
    const { worker } = workerOf(`127.0.0.1:${port}`, { clientId: 'me', reconnect });
    worker.handle('reverse', reverse).handle('fail', () => Promise.reject(new Error('why')));
    const client = clientOf(`127.0.0.1:${port}`, { reconnect, retries: { lost: 10 } });
    expect((await client.submit('reverse', 'abc')).toString()).toBe('cba');
    server.destroy();
    await server.closed;
    await start();
    expect((await client.submit('reverse', 'def')).toString()).toBe('fed');
    expect(await failure(client.submit('fail'))).toMatchObject({ data: Buffer.from('why') });
    const status = await client.request(packet(PacketType.EchoReq, ''));
    expect(status.name).toBe('ECHO_RES');
  });

  test('does jobs otherwise once a function was removed, also while one of them runs', async () => {
    const { client, worker } = scene({ concurrency: 2 });
    const go = later();
    worker.handle('work', async () => {
      await go.promise;
      return 'the first way';
    });
    const first = client.submit('work');
    await vi.waitFor(() => expect(worker.running).toBe(1), { timeout: 15_000 });
    const removed = worker.remove('work');
    worker.handle('work', () => 'the second way');
    const second = client.submit('work');
    expect((await second).toString()).toBe('the second way');
    go.resolve();
    expect((await first).toString()).toBe('the first way');
    await removed;
    expect(worker.functions).toEqual(['work']);
  });

  test('gives up jobs whose server is lost, and says so', async () => {
    const server = await serve();
    const { worker, errors } = workerOf(placeOf(server));
    const aborted = later<unknown>();
    worker.handle('wait', (job) => {
      job.signal.addEventListener('abort', () => aborted.resolve(job.signal.reason));
      return new Promise(() => {});
    });
    void clientOf(placeOf(server)).submit('wait');
    await vi.waitFor(() => expect(worker.running).toBe(1), patient);
    server.destroy();
    expect(await aborted.promise).toBeInstanceOf(JobLostError);
    expect(errors[0]).toBeInstanceOf(JobLostError);
    // Its handler does not heed the signal: there is no room for another.
    expect([worker.running, worker.counters.lost]).toEqual([1, 1]);
  });

  test('finishes what runs when it is closed, and does nothing more', async () => {
    const { client, worker, server } = scene({ concurrency: 2 });
    const go = later();
    worker.handle('wait', async (job) => {
      await go.promise;
      return job.text;
    });
    const tasks = ['a', 'b', 'c'].map((text) => client.submit('wait', text));
    await vi.waitFor(() => expect(worker.running).toBe(2), patient);
    const closing = worker.close();
    go.resolve();
    await closing;
    expect((await tasks[0]!).toString()).toBe('a');
    expect((await tasks[1]!).toString()).toBe('b');
    expect([tasks[2]!.over, worker.counters.assigned]).toEqual([false, 2]);
    expect(server.jobs).toMatchObject({ total: 1, running: 0 });
    expect(() => worker.handle('x', () => '')).toThrow(ClosedError);
  });

  test('gives back what runs when there is no time to finish it', async () => {
    const { client, worker, server } = scene();
    const reasons: unknown[] = [];
    worker.handle('wait', (job) => {
      job.signal.addEventListener('abort', () => reasons.push(job.signal.reason));
      return new Promise(() => {});
    });
    const task = client.submit('wait', 'abc');
    await vi.waitFor(() => expect(worker.running).toBe(1), patient);
    await worker.close({ drain: false });
    expect(reasons[0]).toBeInstanceOf(ClosedError);
    const { worker: other } = workerOf(memoryPlace(server));
    other.handle('wait', reverse);
    expect((await task).toString()).toBe('cba');
  });

  test('comes to servers and leaves them while it runs', async () => {
    const first = await serve();
    const second = await serve();
    const { worker } = workerOf(placeOf(first));
    worker.handle('reverse', reverse);
    worker.addServer(placeOf(second));
    expect((await clientOf(placeOf(second)).submit('reverse', 'abc')).toString()).toBe('cba');
    await worker.removeServer(placeOf(first) as string);
    expect(worker.servers.map(({ name }) => name)).toEqual([placeOf(second)]);
    await expect(worker.removeServer(placeOf(second) as string)).rejects.toThrow(InvalidOptionError);
  });
});
