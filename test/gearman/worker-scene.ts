import {
  GearmanClient,
  type GearmanClientOptions,
  type GearmanPlace,
  Worker,
  type WorkerOptions,
} from '@wirewright/gearman';

import { afterwards } from './scene.ts';

export interface PlaceOfServer {
  readonly port: number | undefined;
}

/** Where a server is. */
export function placeOf(server: PlaceOfServer): GearmanPlace {
  return `127.0.0.1:${server.port}`;
}

/** A client of servers, until the end of the test. */
export function clientOf(
  servers: GearmanPlace | readonly GearmanPlace[],
  options: GearmanClientOptions = {},
): GearmanClient {
  const client = new GearmanClient(servers, options);
  afterwards(() => client.destroy());
  return client;
}

/** A worker of servers, until the end of the test. What it complains of is noted in `errors`. */
export function workerOf(
  servers: GearmanPlace | readonly GearmanPlace[],
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
