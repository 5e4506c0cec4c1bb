import type { RecordableHistogram } from 'node:perf_hooks';

import { quasizeroClient, type QuasizeroOptions, type RequestFields, type Response } from '@wirewright/codec-quasizero';
import {
  Client,
  type ClientOptions,
  type CloseOptions,
  type CloseResult,
  type Pool,
  type PoolCounters,
  type PoolOptions,
  readPlace,
  type RequestOptions,
  type ServerPlace,
  type TlsClientOptions,
} from '@wirewright/core';
import { knownOptions } from '@wirewright/core/codec';

import { collectResponse } from './collect-response.ts';
import { Pipeline } from './pipeline.ts';
import { USUAL_PORT } from './usual-port.ts';

/** How the pool of connections to a server behaves, and how long a call may take. */
export interface QuasizeroClientOptions
  extends
    QuasizeroOptions,
    Pick<ClientOptions<Response, RequestFields>, 'connectTimeout' | 'noDelay' | 'keepAlive' | 'clock'>,
    Pick<
      PoolOptions<Response, RequestFields>,
      | 'minConnections'
      | 'maxConnections'
      | 'idleTimeout'
      | 'dialTimeout'
      | 'waitTimeout'
      | 'maxWaiting'
      | 'window'
      | 'timeout'
      | 'latency'
    > {
  /** Encrypts. Default false. */
  readonly tls?: boolean | TlsClientOptions | undefined;
}

const POOL_OPTIONS = [
  'minConnections',
  'maxConnections',
  'idleTimeout',
  'dialTimeout',
  'waitTimeout',
  'maxWaiting',
  'window',
  'timeout',
  'latency',
] as const;
const CLIENT_OPTIONS = ['connectTimeout', 'noDelay', 'keepAlive', 'clock'] as const;

/** Calls that one connection carries at a time: replies come in order, so that a slow command holds those behind it. */
const WINDOW = 64;

/**
 * Calls the commands of a quasizero server, this one or the Go original, over a pool of connections.
 *
 * ```ts
 * await using client = new QuasizeroClient('localhost:11300');
 * const response = await client.call({ code: 1, payload: 'hello' });
 * console.log(response.text());
 * ```
 *
 * All calls that are made in one turn of the event loop leave in one write, whoever makes them. A connection that breaks is never used
 * again; nothing is sent twice.
 */
export class QuasizeroClient {
  readonly #client: Client<Response, RequestFields>;
  readonly #pool: Pool<Response, RequestFields>;

  /**
   * @param place where the server is: `'localhost:11300'`, `{ host, port, tls }`, `{ path }` or `{ stream }`
   * @throws {InvalidOptionError} it is no place; an option is unknown or out of range
   */
  constructor(place: ServerPlace, options: QuasizeroClientOptions = {}) {
    knownOptions('new QuasizeroClient()', options, [...POOL_OPTIONS, ...CLIENT_OPTIONS, 'maxFrameLength', 'tls']);
    const { maxFrameLength, tls } = options;
    const codec = quasizeroClient({ maxFrameLength });
    this.#client = new Client({ ...pick(options, CLIENT_OPTIONS), codec });
    const { connect } = readPlace('a server', place, { port: USUAL_PORT, tls });
    this.#pool = this.#client.pool(connect, { window: WINDOW, ...pick(options, POOL_OPTIONS) });
  }

  /**
   * Calls a command. Resolves with the response, which owns its bytes.
   *
   * @throws {CommandError} (rejects) the server answered with an error; its `response` has all of the answer
   * @throws {RequestTimeoutError} (rejects) the answer did not come within `timeout` ms; 30,000 unless the client or the call says otherwise
   * @throws {ConnectionLostError} (rejects) the connection closed first; `sent` says whether the command may have been run
   * @throws {ConnectError} (rejects) there is no connection, and none can be made
   * @throws {PoolTimeoutError} (rejects) no connection had room in time
   * @throws {QueueFullError} (rejects) too many calls wait already
   * @throws {EncodeError} (rejects) the request cannot be encoded: its code is no signed 32-bit integer, or it is over 16 MiB
   * @throws {ClosedError} (rejects) the client is closed
   * @throws (rejects) the reason of `signal`
   */
  call(request: RequestFields, options: RequestOptions = {}): Promise<Response> {
    return this.#pool.request(request, collectResponse, options);
  }

  /** Gathers calls that are to be sent on one connection, one right behind the other. */
  pipeline(): Pipeline {
    return new Pipeline(this.#pool.pipeline());
  }

  /** What the pool is doing, and has done. */
  get counters(): PoolCounters {
    return this.#pool.counters;
  }

  /** How long replies took, in nanoseconds, when the `latency` option is true or a histogram of `node:perf_hooks`. */
  get latency(): RecordableHistogram | undefined {
    return this.#pool.latency;
  }

  /**
   * Takes no more calls, waits for the replies that are under way, and destroys what is left when the grace is over. A second call gets the
   * same promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    return this.#client.close(options);
  }

  /** Destroys all connections at once. */
  destroy(): void {
    this.#client.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Those of `options` that are given and named. */
function pick<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): Pick<Options, Name> {
  const given = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]])) as Pick<Options, Name>;
}
