import type { RecordableHistogram } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';

import {
  type QuasizeroCodecOptions,
  quasizeroClientCodec,
  type RequestFields,
  type Response,
} from '@wirewright/codec-quasizero';
import {
  Client,
  type ClientOptions,
  type CloseOptions,
  type CloseResult,
  Connection,
  type ConnectPlace,
  InvalidOptionError,
  Pool,
  type PoolCounters,
  type PoolOptions,
  type RequestOptions,
} from '@wirewright/core';
import { knownOptions } from '@wirewright/core/codec';

import { collectResponse } from './collect-response.ts';
import { Pipeline } from './pipeline.ts';

/** Makes a stream to a server: a connected socket, or anything that is a Duplex of bytes. */
export type StreamDialer = (options: { signal: AbortSignal }) => Promise<Duplex>;

export interface QuasizeroClientOptions
  extends
    ConnectPlace,
    QuasizeroCodecOptions,
    Pick<ClientOptions<Response, RequestFields>, 'connectTimeout' | 'noDelay' | 'keepAlive' | 'clock'>,
    Pick<
      PoolOptions<Response, RequestFields>,
      'min' | 'max' | 'idleTimeout' | 'dialTimeout' | 'waitTimeout' | 'maxWaiting' | 'window' | 'timeout' | 'latency'
    > {
  /** Makes the streams of the pool, in place of `port` and `host`, or `path`. */
  readonly dial?: StreamDialer | undefined;
}

const POOL_OPTIONS = [
  'min',
  'max',
  'idleTimeout',
  'dialTimeout',
  'waitTimeout',
  'maxWaiting',
  'window',
  'timeout',
  'latency',
  'clock',
] as const;
const CLIENT_OPTIONS = ['connectTimeout', 'noDelay', 'keepAlive', 'clock'] as const;
const PLACE_OPTIONS = ['port', 'host', 'path', 'tls'] as const;

/** Calls that one connection carries at a time: replies come in order, so that a slow command holds those behind it. */
const WINDOW = 64;

/**
 * Calls the commands of a quasizero server, this one or the Go original, over a pool of connections.
 *
 * ```ts
 * await using client = new QuasizeroClient({ port: 11300 });
 * const response = await client.call({ code: 1, payload: 'hello' });
 * console.log(response.text());
 * ```
 *
 * All calls that are made in one turn of the event loop leave in one write, whoever makes them. A connection that breaks is never used
 * again; nothing is sent twice.
 */
export class QuasizeroClient {
  readonly #pool: Pool<Response, RequestFields>;
  /** What closes everything: the client that the pool is of, or the pool itself. */
  readonly #owner: Pick<Pool<Response, RequestFields>, 'close' | 'destroy'>;

  /** @throws {InvalidOptionError} an option is unknown or out of range, or there is neither a place nor a dialer, or both */
  constructor(options: QuasizeroClientOptions) {
    const known = [...PLACE_OPTIONS, ...POOL_OPTIONS, ...CLIENT_OPTIONS, 'maxFrameLength', 'dial'];
    knownOptions('new QuasizeroClient()', options, known);
    const { dial, maxFrameLength } = options;
    const codec = quasizeroClientCodec({ maxFrameLength });
    const place = pick(options, PLACE_OPTIONS);
    const pooling = { window: WINDOW, ...pick(options, POOL_OPTIONS) };
    if (dial === undefined) {
      const client = new Client({ ...pick(options, CLIENT_OPTIONS), codec });
      this.#pool = client.pool(place, pooling);
      this.#owner = client;
      return;
    }
    if (typeof dial !== 'function') throw new InvalidOptionError('dial must be a function that makes a stream');
    const unused = (['connectTimeout', 'noDelay', 'keepAlive'] as const).find((name) => options[name] !== undefined);
    if (unused !== undefined) throw new InvalidOptionError(`${unused} is of no use beside dial: set it on the stream`);
    if (Object.keys(place).length > 0) {
      throw new InvalidOptionError('a client takes a place, { port: 11300 }, or a dialer, { dial }, but not both');
    }
    const { clock } = options;
    const taken = new WeakSet<Duplex>();
    this.#pool = new Pool({
      ...pooling,
      dial: async ({ signal }) => {
        const stream = await dial({ signal });
        try {
          const connection = Connection.over(stream, codec, {}, { clock });
          taken.add(stream);
          return connection;
        } catch (error) {
          // Nobody else will: the pool owns what is dialed. One that was dialed before has its connection, which goes on.
          if (!taken.has(stream)) stream?.destroy?.();
          throw error;
        }
      },
    });
    this.#owner = this.#pool;
  }

  /**
   * Calls a command. Resolves with the response, which owns its bytes.
   *
   * @throws {CommandFailedError} (rejects) the server answered with an error; its `response` has all of the answer
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
    return this.#owner.close(options);
  }

  /** Destroys all connections at once. */
  destroy(): void {
    this.#owner.destroy();
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
