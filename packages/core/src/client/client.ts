import type { CodecFactory } from '../codec/codec.ts';
import { integerOption } from '../codec/options.ts';
import { closeAll, type CloseOptions, type CloseResult, graceOf } from '../connection/close-all.ts';
import { Connection } from '../connection/connection.ts';
import { createCodec } from '../connection/create-codec.ts';
import { HookHost } from '../connection/hook-host.ts';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionSettings,
  MAX_DELAY,
} from '../connection/options.ts';
import {
  checkPlace,
  type NetSocketOptions,
  netSocketOptions,
  type Place,
  SOCKET_OPTIONS,
  type SocketOptions,
} from '../connection/socket-options.ts';
import { abortable } from '../connection/waiting.ts';
import { ClosedError } from '../errors.ts';
import type { RetrySeen } from '../observe/channels.ts';
import { connectSocket, type ConnectOptions } from './connect-socket.ts';
import { Pool, type PoolOptions } from './pool.ts';
import {
  Reconnect,
  type ReconnectOptions,
  type ReconnectSettings,
  reconnectSettings,
  type RetryEvents,
} from './reconnect.ts';

export interface ClientOptions<In, Out = In, Data = unknown> extends ConnectionOptions<Data>, SocketOptions {
  /** Makes the codec of each connection. Without it, `onConnect` has to call `connection.setCodec`. */
  readonly codec?: CodecFactory<In, Out> | undefined;
  /** Milliseconds that looking up the name and connecting may take. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Makes a connection anew when it is lost, after a pause that grows, with full jitter. The first attempt of `connect()` still fails
   * at once, and nothing is queued in the meantime. Default false.
   */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
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
  }

  /** An attempt to connect again has failed, or the connection was lost; the next attempt follows after a pause. */
  onRetry(hook: (retry: RetrySeen) => unknown): this {
    this.#onRetry = hook;
    return this;
  }

  /** The last attempt that `reconnect` allows has failed with `error`. Without this hook that is a process warning. */
  onGiveUp(hook: (error: unknown) => unknown): this {
    this.#onGiveUp = hook;
    return this;
  }

  /** The connection that was made last, while it is open. */
  get current(): Connection<In, Out, Data> | undefined {
    return this.#current;
  }

  /**
   * Connects, and resolves with the connection when `onConnect` has settled. With `reconnect`, the connections that follow it are
   * found in {@link current}, and `onConnect` is called for each; `signal` ends that, too.
   *
   * @throws {InvalidOptionError} (rejects) the options name no place, or an impossible one
   * @throws {ConnectTimeoutError} (rejects) it took longer than `connectTimeout`
   * @throws {ConnectError} (rejects) nobody answers there
   * @throws {WireError} (rejects) `onConnect` failed, or left the connection without a codec
   */
  async connect(options: ConnectOptions): Promise<Connection<In, Out, Data>> {
    checkPlace('connect()', options, ['signal'], 1);
    this.#stop.signal.throwIfAborted();
    const signal =
      options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
    if (this.#reconnect === undefined) return this.#connect(options, signal);
    const again = async (): Promise<Connection<In, Out, Data>> => {
      const connection = await this.#connect(options, signal);
      this.#keepers.set(connection, keeper);
      return connection;
    };
    const keeper = new Reconnect(this.#reconnect, this.#settings.clock, again, signal, this.#retryEvents);
    return again();
  }

  /** A pool of connections to one place, for requests; see {@link Pool}. They are not made anew by `reconnect`, but by the pool. */
  pool(place: Place, options: Omit<PoolOptions<In, Out>, 'dial'> = {}): Pool<In, Out> {
    checkPlace('pool()', place, [], 1);
    const dial = ({ signal }: { signal: AbortSignal }): Promise<Connection<In, Out, Data>> =>
      this.#connect(place, AbortSignal.any([signal, this.#stop.signal]));
    return new Pool({ clock: this.#settings.clock, ...options, dial });
  }

  /**
   * Closes all connections once what they have received is handled, destroys what is left when the grace is over, and makes no more.
   * Connecting that is under way is given up. Resolves with counts when the last connection is gone; a second call gets the same
   * promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#stop.abort(new ClosedError('the client'));
    this.#closing ??= closeAll(this.#connections, grace, this.#settings.clock);
    return this.#closing;
  }

  /** Destroys all connections at once and makes no more. */
  destroy(): void {
    this.#stop.abort(new ClosedError('the client'));
    for (const connection of this.#connections) connection.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #connect(place: Place, signal: AbortSignal): Promise<Connection<In, Out, Data>> {
    let opened: Promise<void> | undefined;
    const { clock } = this.#settings;
    const options = { ...place, signal };
    const connection = await connectSocket(options, this.#socketOptions, this.#connectTimeout, clock, (socket) => {
      // In the very turn in which the socket connects: no event of it may find nobody listening.
      const made = new Connection(socket, this.#settings);
      this.#connections.add(made);
      this.#current = made;
      opened = made.open();
      return made;
    });
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
    retry: (retry) => void this.#onRetry?.(retry),
    giveUp: (error) => {
      if (this.#onGiveUp !== undefined) this.#onGiveUp(error);
      else process.emitWarning(error as Error);
    },
  };

  #forget(connection: Connection<In, Out, Data>): void {
    this.#connections.delete(connection);
    if (this.#current === connection) this.#current = undefined;
    this.#keepers.get(connection)?.lost(connection.closeReason!, connection.error);
  }
}
