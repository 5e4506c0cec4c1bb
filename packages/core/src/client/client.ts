import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';

import type { CodecFactory } from '../codec/codec.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions, signalOption } from '../codec/options.ts';
import type { RetrySeen } from '../connection/channels.ts';
import { closeAll, type CloseOptions, type CloseResult, graceOf } from '../connection/close-all.ts';
import { Connection } from '../connection/connection.ts';
import { createCodec } from '../connection/create-codec.ts';
import { HookHost } from '../connection/hook-host.ts';
import { callUnheard, declared } from '../connection/hooks.ts';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionSettings,
  MAX_DELAY,
} from '../connection/options.ts';
import {
  type NetSocketOptions,
  netSocketOptions,
  SOCKET_OPTIONS,
  type SocketOptions,
} from '../connection/socket-options.ts';
import { abortable } from '../connection/waiting.ts';
import { ClosedError } from '../errors.ts';
import { Traffic, type TrafficCounters } from '../observe/traffic.ts';
import { type ConnectPlace, readPlace, type ServerPlace } from './connect-place.ts';
import { connectSocket } from './connect-socket.ts';
import { connectStream } from './connect-stream.ts';
import type { PoolOptions } from './pool-options.ts';
import { Pool } from './pool.ts';
import {
  type KeptConnection,
  Reconnect,
  type ReconnectOptions,
  type ReconnectSettings,
  reconnectSettings,
  type RetryEvents,
} from './reconnect.ts';

/** Options of a {@link Client}: the codec, how to connect, and what holds for each connection. */
export interface ClientOptions<In, Out = In, Data = unknown> extends ConnectionOptions<Data>, SocketOptions {
  /** Makes the codec of each connection. Without it, `onConnect` has to call `connection.setCodec`. */
  readonly codec?: CodecFactory<In, Out> | undefined;
  /** Milliseconds that looking up the name, connecting and the TLS handshake may take. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Makes a connection anew when it is lost, after a pause that grows, with full jitter. The first attempt of `connect()` still fails
   * at once, and nothing is queued in the meantime. Default false.
   */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
}

/** For one `connect`. */
export interface ConnectOptions {
  /** Gives up when it is aborted; `connect` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes connections and runs a codec and hooks on each: a {@link Server} the other way round.
 *
 * ```ts
 * const client = new Client({ codec: line() }).onRead((connection, message) => console.log(message));
 * const connection = await client.connect({ port: 9991 });
 * connection.send('hello');
 * ```
 */
export class Client<In = unknown, Out = In, Data = unknown> extends HookHost<In, Out, Data> {
  readonly #settings: ConnectionSettings<In, Out, Data>;
  readonly #socketOptions: NetSocketOptions;
  readonly #connectTimeout: number;
  readonly #reconnect: ReconnectSettings | undefined;
  /** What keeps each connection that is to be kept. */
  readonly #keepers = new WeakMap<Connection<In, Out, Data>, Reconnect>();
  #onRetry: ((retry: RetrySeen) => unknown) | undefined = undefined;
  #onGiveUp: ((error: unknown) => unknown) | undefined = undefined;
  readonly #connections = new Set<Connection<In, Out, Data>>();
  readonly #traffic = new Traffic();
  readonly #pools = new Set<Pool<In, Out>>();
  #current: Connection<In, Out, Data> | undefined = undefined;
  /** Aborted when the client is closed. */
  readonly #stop = new AbortController();
  #closing: Promise<CloseResult> | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range, or `codec` makes no codec */
  constructor(options: ClientOptions<In, Out, Data> = {}) {
    super();
    const { codec } = options;
    const more = ['codec', 'connectTimeout', 'reconnect', ...SOCKET_OPTIONS];
    const settings = connectionSettings('new Client()', 'client', codec, this.hooks, options, more);
    if (codec !== undefined) createCodec(codec);
    this.#settings = { ...settings, onClosed: (connection) => this.#forget(connection) };
    this.#socketOptions = netSocketOptions(options);
    this.#connectTimeout = integerOption('connectTimeout', options.connectTimeout ?? 10_000, 1, MAX_DELAY);
    const { reconnect = false } = options;
    this.#reconnect = reconnect === false ? undefined : reconnectSettings(reconnect === true ? {} : reconnect);
    // Each attempt listens.
    setMaxListeners(0, this.#stop.signal);
  }

  /**
   * An attempt to connect again has failed, or the connection was lost; the next attempt follows after a pause. What `hook` throws is a
   * process warning.
   */
  onRetry(hook: (retry: RetrySeen) => unknown): this {
    this.#onRetry = declared('onRetry', this.#onRetry, hook);
    return this;
  }

  /**
   * The last attempt that `reconnect` allows has failed with `error`. Without this hook that is a process warning, and what `hook`
   * throws is one.
   */
  onGiveUp(hook: (error: unknown) => unknown): this {
    this.#onGiveUp = declared('onGiveUp', this.#onGiveUp, hook);
    return this;
  }

  /** What all its connections have carried so far, those of its pools included, and how they ended. Added up when it is read. */
  get counters(): TrafficCounters {
    return this.#traffic.counters(this.#connections);
  }

  /** The connection that {@link connect} made last, while it is open. */
  get current(): Connection<In, Out, Data> | undefined {
    return this.#current?.closeReason === undefined ? this.#current : undefined;
  }

  /**
   * Connects, and resolves with the connection when `onConnect` has settled. With `reconnect`, the connections that follow it are
   * found in {@link current}, and `onConnect` is called for each; `signal` ends that, too.
   *
   * @param place `'localhost:9991'`, `'/run/echo.sock'`, `{ port: 9991 }`, `{ host, port, tls }`, `{ path }` or `{ stream }`
   * @throws {InvalidOptionError} (rejects) it is no place, or an impossible one
   * @throws {ConnectTimeoutError} (rejects) it took longer than `connectTimeout`
   * @throws {ConnectError} (rejects) nobody answers there
   * @throws {TlsError} (rejects) the TLS handshake failed; a {@link CertificateError} when it is about the server's certificate
   * @throws {WireError} (rejects) `onConnect` failed, or left the connection without a codec
   */
  async connect(place: ServerPlace, options: ConnectOptions = {}): Promise<Connection<In, Out, Data>> {
    const { connect } = readPlace('connect()', place);
    const signal = this.#endOf('connect()', options);
    if (this.#reconnect === undefined) {
      return this.#connect(connect, signal, (connection) => {
        this.#current = connection;
      });
    }
    return this.#keeping(connect, signal, this.#reconnect).connect();
  }

  /**
   * Keeps a connection to a place: connects now, tries again until somebody answers there, and makes it anew whenever it is lost, after
   * pauses as `reconnect` has them. It is told by `onConnect`, `onClose` and `onRetry`, and found in {@link current}. Closing the client ends
   * it, as `signal` does, and so does closing the connection on purpose.
   *
   * @throws {InvalidOptionError} it is no place, or an impossible one
   * @throws {ClosedError} the client is closed
   */
  keep(place: ServerPlace, options: ConnectOptions = {}): KeptConnection {
    const { connect } = readPlace('keep()', place);
    const signal = this.#endOf('keep()', options);
    const { keeper } = this.#keeping(connect, signal, this.#reconnect ?? reconnectSettings({}));
    void keeper.begin();
    return keeper;
  }

  /** What ends the connecting. */
  #endOf(of: string, options: ConnectOptions): AbortSignal {
    knownOptions(of, options, ['signal']);
    signalOption(options.signal);
    this.#stop.signal.throwIfAborted();
    return options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
  }

  /** What connects to a place, and then again. */
  #keeping(
    place: ConnectPlace,
    signal: AbortSignal,
    settings: ReconnectSettings,
  ): { readonly keeper: Reconnect; readonly connect: () => Promise<Connection<In, Out, Data>> } {
    const connect = async (): Promise<Connection<In, Out, Data>> => {
      let made: Connection<In, Out, Data> | undefined;
      try {
        const connection = await this.#connect(place, signal, (fresh) => {
          this.#current = fresh;
          made = fresh;
        });
        connection.kept = true;
        this.#keepers.set(connection, keeper);
        keeper.made();
        return connection;
      } catch (error) {
        keeper.unmade(made?.closeReason);
        throw error;
      }
    };
    const keeper = new Reconnect(settings, this.#settings.clock, connect, signal, this.#retryEvents);
    return { keeper, connect };
  }

  /**
   * A pool of connections to one place, for requests; see {@link Pool}. They are not made anew by `reconnect`, but by the pool, and
   * are none of {@link current}. Closing the client closes the pool.
   *
   * @throws {InvalidOptionError} an option is unknown or out of range, or an `onRead` hook takes the messages
   * @throws {ClosedError} the client is closed
   */
  pool(place: ServerPlace, options: Omit<PoolOptions<In, Out>, 'dial'> = {}): Pool<In, Out> {
    const { connect } = readPlace('pool()', place);
    if (this.hooks.onRead !== undefined) {
      throw new InvalidOptionError('a pool takes the messages of its connections: use a client without an onRead hook');
    }
    this.#stop.signal.throwIfAborted();
    const dial = ({ signal }: { signal: AbortSignal }): Promise<Connection<In, Out, Data>> =>
      this.#connect(connect, signal);
    const pool = new Pool<In, Out>({ ...options, clock: options.clock ?? this.#settings.clock, dial });
    this.#pools.add(pool);
    pool.onClose = () => this.#pools.delete(pool);
    return pool;
  }

  /**
   * Closes all connections once what they have received is handled, destroys what is left when the grace is over, and makes no more.
   * Connecting that is under way is given up, and pools are closed. Resolves with counts when the last connection is gone; a second call gets the same
   * promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#stop.abort(new ClosedError('the client'));
    for (const pool of this.#pools) void pool.close(options);
    this.#closing ??= closeAll(this.#connections, grace, this.#settings.clock);
    return this.#closing;
  }

  /** Destroys all connections at once and makes no more. */
  destroy(): void {
    this.#stop.abort(new ClosedError('the client'));
    for (const pool of this.#pools) pool.destroy();
    for (const connection of this.#connections) connection.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #connect(
    place: ConnectPlace,
    signal: AbortSignal,
    made?: (connection: Connection<In, Out, Data>) => void,
  ): Promise<Connection<In, Out, Data>> {
    let opened: Promise<void> | undefined;
    const { clock } = this.#settings;
    const use = (stream: Duplex): Connection<In, Out, Data> => {
      // In the very turn in which the socket connects: no event of it may find nobody listening.
      const fresh = new Connection<In, Out, Data>(stream, this.#settings);
      this.#connections.add(fresh);
      made?.(fresh);
      opened = fresh.open();
      return fresh;
    };
    const timeout = this.#connectTimeout;
    const connection = await (place.stream === undefined
      ? connectSocket(place, this.#socketOptions, timeout, clock, signal, use)
      : connectStream(place.stream, place.name!, timeout, clock, signal, use));
    try {
      await abortable(Promise.race([opened, connection.closed]), signal);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    if (connection.error !== undefined) throw connection.error;
    if (connection.closeReason !== undefined) throw new ClosedError(connection.name);
    return connection;
  }

  readonly #retryEvents: RetryEvents = {
    retry: (retry) => callUnheard('onRetry', () => this.#onRetry?.(retry)),
    giveUp: (error) => {
      if (this.#onGiveUp === undefined) process.emitWarning(error as Error);
      else callUnheard('onGiveUp', () => this.#onGiveUp?.(error));
    },
  };

  #forget(connection: Connection<In, Out, Data>): void {
    this.#connections.delete(connection);
    this.#traffic.add(connection);
    if (this.#current === connection) this.#current = undefined;
    this.#keepers.get(connection)?.lost(connection.closeReason!, connection.error);
  }
}
