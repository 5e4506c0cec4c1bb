import { Buffer } from 'node:buffer';

import type { ServerPlace } from '@wirewright/core';
import { memoryPlace } from '@wirewright/core/testing';
import {
  GearmanClient,
  type GearmanClientOptions,
  type Job,
  JobServer,
  type TaskEvent,
  Worker,
  type WorkerOptions,
} from '@wirewright/gearman';

import { afterwards } from './scene.ts';

export interface PlaceOfServer {
  readonly port: number | undefined;
}

/** Where a server is. */
export function placeOf(server: PlaceOfServer): ServerPlace {
  return `127.0.0.1:${server.port}`;
}

/** A client of servers, until the end of the test. */
export function clientOf(
  servers: ServerPlace | readonly ServerPlace[],
  options: GearmanClientOptions = {},
): GearmanClient {
  const client = new GearmanClient(servers, options);
  afterwards(() => client.destroy());
  return client;
}

/** A worker of servers, until the end of the test. What it complains of is noted in `errors`. */
export function workerOf(
  servers: ServerPlace | readonly ServerPlace[],
  options: WorkerOptions = {},
): { worker: Worker; errors: Error[] } {
  const errors: Error[] = [];
  const worker = new Worker(servers, options).onError((error) => void errors.push(error));
  afterwards(() => worker.destroy());
  return { worker, errors };
}

export interface Later<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function later<T = void>(): Later<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export function reversed(bytes: Buffer): Buffer {
  const result = Buffer.allocUnsafe(bytes.length);
  for (let from = 0, to = bytes.length - 1; to >= 0; from++, to--) result[to] = bytes[from]!;
  return result;
}

export const reverse = (job: Job): Buffer => reversed(job.payload);

/** A job server, a client and a worker of it, without sockets. */
export function scene(
  options: Parameters<typeof workerOf>[1] = {},
  clientOptions: Parameters<typeof clientOf>[1] = {},
): ReturnType<typeof workerOf> & { server: JobServer; client: ReturnType<typeof clientOf> } {
  const server = new JobServer({ handlePrefix: 'H:t' });
  afterwards(() => server.destroy());
  const place = memoryPlace(server);
  return { server, client: clientOf(place, clientOptions), ...workerOf(place, options) };
}

export async function events(task: AsyncIterable<TaskEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of task) {
    if (event.type === 'status') seen.push(`status ${event.numerator}/${event.denominator}`);
    else if (event.type === 'retry') seen.push('retry');
    else seen.push(`${event.type} ${event.data.toString('latin1')}`);
  }
  return seen;
}

export const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    (result) => {
      throw new Error(`it did not fail, but resolved with ${String(result)}`);
    },
    (error: unknown) => error,
  );
