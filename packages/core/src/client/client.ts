import type { CodecFactory } from '../codec/codec.ts';
import { integerOption } from '../codec/options.ts';
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
  SOCKET_OPTIONS,
  type SocketOptions,
} from '../connection/socket-options.ts';
import { ClosedError } from '../errors.ts';
import { connectSocket, type ConnectOptions } from './connect-socket.ts';

export interface ClientOptions<In, Out = In, Data = unknown> extends ConnectionOptions<Data>, SocketOptions {
  /** Makes the codec of each connection. Without it, `onConnect` has to call `connection.setCodec`. */
  readonly codec?: CodecFactory<In, Out> | undefined;
  /** Milliseconds that looking up the name and connecting may take. Default 10,000. */
  readonly connectTimeout?: number | undefined;
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
  readonly #connections = new Set<Connection<In, Out, Data>>();
  #current: Connection<In, Out, Data> | undefined = undefined;
  #closed = false;

  /** @throws {InvalidOptionError} an option is unknown or out of range, or `codec` makes no codec */
  constructor(options: ClientOptions<In, Out, Data> = {}) {
    super();
    const { codec } = options;
    const more = ['codec', 'connectTimeout', ...SOCKET_OPTIONS];
    const settings = connectionSettings('new Client()', 'client', codec, this.hooks, options, more);
    if (codec !== undefined) createCodec(codec);
    this.#settings = { ...settings, onClosed: (connection) => this.#forget(connection) };
    this.#socketOptions = netSocketOptions(options);
    this.#connectTimeout = integerOption('connectTimeout', options.connectTimeout ?? 10_000, 1, MAX_DELAY);
  }

  /** The connection that was made last and is still open. */
  get current(): Connection<In, Out, Data> | undefined {
    return this.#current;
  }

  /**
   * Connects, and resolves with the connection when `onConnect` has settled.
   *
   * @throws {InvalidOptionError} (rejects) the options name no place, or an impossible one
   * @throws {ConnectTimeoutError} (rejects) it took longer than `connectTimeout`
   * @throws {ConnectError} (rejects) nobody answers there
   * @throws {WireError} (rejects) `onConnect` failed, or left the connection without a codec
   */
  async connect(options: ConnectOptions): Promise<Connection<In, Out, Data>> {
    checkPlace('connect()', options, ['signal'], 1);
    if (this.#closed) throw new ClosedError('the client');
    const { clock } = this.#settings;
    let opened: unknown;
    const connection = await connectSocket(options, this.#socketOptions, this.#connectTimeout, clock, (socket) => {
      // In the very turn in which the socket connects: no event of it may find nobody listening.
      const made = new Connection(socket, this.#settings);
      this.#connections.add(made);
      this.#current = made;
      opened = made.open();
      return made;
    });
    await opened;
    if (connection.error !== undefined) throw connection.error;
    if (this.#closed) {
      connection.destroy();
      throw new ClosedError('the client');
    }
    return connection;
  }

  /** Closes all connections, once what they have received is handled, and makes no more. Resolves when the last is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#connections, (connection) => connection.close({ drain: true })));
  }

  /** Destroys all connections at once and makes no more. */
  destroy(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #forget(connection: Connection<In, Out, Data>): void {
    this.#connections.delete(connection);
    if (this.#current === connection) this.#current = undefined;
  }
}
