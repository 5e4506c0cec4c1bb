import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Codec } from '../codec/codec.ts';
import { InvalidOptionError, type WireError } from '../codec/errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../codec/frame-limit.ts';
import type { ProxyHeader } from '../codec/proxy/header.ts';
import { ClosedError, HeartbeatError, NoCodecError, OverflowError, SocketError, WriteStallError } from '../errors.ts';
import { channels } from './channels.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Consumer } from './consumer.ts';
import { createCodec } from './create-codec.ts';
import { Deadlines, type ExpiryEvents } from './deadlines.ts';
import { pushTo, readAsStream, readDirectly } from './direct-reads.ts';
import { ConnectionEnding, State } from './ending.ts';
import { hookError, type HookName, type Hooks } from './hooks.ts';
import { isThenable } from './is-thenable.ts';
import type { ConnectionSettings } from './options.ts';
import { Hold, type MessageHooks, type ReadEvents, ReadLoop } from './read-loop.ts';
import { type SniffChoice, Sniffer } from './sniffer.ts';
import { Sweep } from './sweep.ts';
import { socketOf, type Transport } from './transport.ts';
import { type WriteEvents, WriteLoop } from './write-loop.ts';

/** Ties a stream to its connection, so that one set of listeners serves all of them. */
const connectionOf = Symbol('wirewright.connection');
type AnyConnection = Connection<never, never, never>;
type Owned = Transport & { [connectionOf]?: AnyConnection };

/** Whether a stream is a connection's already. */
export function isOwned(stream: object): boolean {
  return connectionOf in stream;
}

/** Unsent bytes beyond which a connection is broken off, however small its frames are. */
const MIN_BUFFER_LIMIT = 16 * 1024 * 1024;

/**
 * The life of a connection: joins the stream, the loops, the deadlines, the hooks and the consumer. How it ends is its ending,
 * {@link ConnectionEnding}; what a user does with it is its face, {@link Connection}.
 *
 * ```text
 * Open -> HalfClosed  end(): nothing more is sent, what comes is read
 *      -> Closing     everything was flushed and ended, what comes is dropped
 *      -> Closed      the stream is gone
 * ```
 */
export abstract class ConnectionLife<In, Out, Data> extends ConnectionEnding<In, Out, Data> {
  /** The user's own state: what the `data` option made, or whatever is put here. */
  data: Data;
  /** @internal Whether it is made anew when it is lost. */
  kept = false;
  /** What the proxy in front of the server has told of the peer; undefined if there is none. */
  readonly proxyHeader: ProxyHeader | undefined;
  /** @internal */
  protected readonly reads: ReadLoop<AnyConnection, In>;
  /** @internal */
  protected readonly writes: WriteLoop<AnyConnection>;
  /** @internal */
  protected readonly deadlines: Deadlines<AnyConnection>;
  /** @internal */
  protected codec: Codec<In, Out> | undefined = undefined;
  /** @internal Whether `send` has returned false since the last drain. */
  protected toldToWait = false;
  /** What the last ping that failed was rejected with. */
  #pingFailure: unknown = undefined;

  /** @internal Use {@link Connection.over}, a Server or a Client. */
  constructor(transport: Transport, settings: ConnectionSettings<In, Out, Data>, proxyHeader?: ProxyHeader) {
    super(transport, settings);
    this.proxyHeader = proxyHeader;
    const self = this as unknown as AnyConnection;
    const events = ConnectionLife.#events;
    this.reads = new ReadLoop<AnyConnection, In>(transport, events, self, messageHooks(settings.hooks));
    this.writes = new WriteLoop(transport, settings.marks, events, self);
    const sweep = Sweep.of(settings.clock);
    this.deadlines = new Deadlines(sweep, settings.deadlines, this.reads, this.writes, events, self);
    this.data = undefined as Data;
  }

  // ---------------------------------------------------------------- life, for those who make connections or take them over

  /**
   * @internal Has `consumer` take the messages.
   *
   * @throws {InvalidOptionError} somebody takes them already
   */
  consume(consumer: Consumer<In>): void {
    if (this.#taken) {
      throw new InvalidOptionError(
        `the messages of ${this.name} are taken already: by an onRead hook, an exchange, an iterator or a stream, but only one of them`,
      );
    }
    this.consumer = consumer;
    // A hook that takes messages in `onConnect` may go on doing so for as long as the connection is there.
    this.deadlines.connected();
    if (this.state >= State.Closing) consumer.stop();
    else this.reads.consume(consumer);
    // With `halfOpen` the peer may have ended before.
    if (this.state < State.Closing && this.reads.hasEnded) void consumer.end();
  }

  /** Whether somebody takes the messages. */
  get #taken(): boolean {
    return this.hooks.onRead !== undefined || this.consumer !== undefined;
  }

  /** @internal Messages that were decoded and that nobody has taken yet. */
  protected get queued(): number {
    return this.consumer?.queued ?? 0;
  }

  /** @internal Holds reading until the consumer can take more. */
  hold(full: boolean): void {
    if (full) this.reads.hold(Hold.Consumer);
    else this.reads.release(Hold.Consumer);
  }

  /** @internal How long the other side has to end, in ms. */
  get closeTimeout(): number {
    return this.settings.deadlines.close;
  }

  /** @internal Where its time comes from. */
  get clock(): Clock {
    return this.settings.clock;
  }

  /** @internal The consumer is not busy any more. */
  rest(): void {
    this.reads.rest();
  }

  /** @internal Attaches to the stream and calls `onConnect`. Resolves, never rejects, when that has settled. */
  open(): Promise<void> | undefined {
    const transport = this.transport;
    if (this.hooks.onRead === undefined) this.reads.hold(Hold.Reader);
    // Whoever had the stream before may have ended it.
    if (transport.writableEnded === true) this.state = State.HalfClosed;
    // Node keeps the address of a closed socket only when it was asked for before.
    void socketOf(transport)?.remoteAddress;
    this.#attach(transport);
    if (channels.connectionOpen.hasSubscribers) channels.connectionOpen.publish({ connection: this.self });
    const result = this.#call('onConnect', (hooks) => {
      const { codec, data } = this.settings;
      if (data !== undefined) this.data = data();
      if (codec !== undefined) this.plug(createCodec(codec));
      return hooks.onConnect?.(this.self);
    });
    const connected = this.reads.settle('onConnect', result, () => this.#connected());
    if (connected !== undefined && this.consumer === undefined) this.deadlines.handshaking();
    // A stream that was used before says neither of these again.
    if (transport.readableEnded === true) this.reads.receiveEnd();
    if (transport.destroyed) queueMicrotask(() => this.transportClosed());
    return connected;
  }

  #attach(transport: Owned): void {
    transport[connectionOf] = this as unknown as AnyConnection;
    transport.allowHalfOpen = true;
    transport.on('error', ConnectionLife.#onError);
    transport.on('close', ConnectionLife.#onClose);
    transport.on('end', ConnectionLife.#onEnd);
    transport.on('data', ConnectionLife.#onData);
    readDirectly(transport, ConnectionLife.#push);
    // Whoever had the stream before may have paused it.
    if (transport.isPaused?.() === true) transport.resume();
  }

  /**
   * @internal Has `encrypt` put an encrypted stream on top of the socket and goes on with that. What was sent before leaves in
   * plaintext; what is sent meanwhile is encrypted.
   *
   * @param putBack whether the bytes that were received and not decoded are part of it
   * @throws {WireError} (rejects) it failed, which has closed the connection
   */
  protected async encrypted(encrypt: (socket: Socket) => Promise<TLSSocket>, putBack: boolean): Promise<void> {
    const socket = this.transport as Socket;
    this.writes.flush();
    this.writes.hold();
    this.reads.hold(Hold.Tls);
    socket.pause();
    socket.off('close', ConnectionLife.#onClose);
    socket.off('end', ConnectionLife.#onEnd);
    socket.off('data', ConnectionLife.#onData);
    readAsStream(socket, ConnectionLife.#push);
    const unread = putBack ? this.reads.takeUnread() : undefined;
    if (unread !== undefined && unread.length > 0) socket.unshift(unread);
    try {
      const secure = await encrypt(socket);
      if (this.state >= State.Closing) throw new ClosedError(this.name);
      this.transport = secure;
      this.#attach(secure);
      if (secure.destroyed) queueMicrotask(() => this.transportClosed());
      this.reads.transport = secure;
      this.writes.release(secure);
      if (this.state === State.HalfClosed) secure.end();
      this.reads.release(Hold.Tls);
    } catch (error) {
      this.breakOff(error as WireError);
      socket.destroy();
      if (socket.closed) this.transportClosed();
      else socket.on('close', ConnectionLife.#onClose);
      throw error;
    }
  }

  /** @internal Has another codec, and the hooks that come with it, take over. */
  protected takeOver(codec: Codec<In, Out>, hooks: Hooks<In, Out, Data> | undefined): void {
    if (hooks !== undefined) this.hooks = { ...this.hooks, ...hooks };
    if (hooks?.onRead !== undefined) {
      // The messages are the hook's from here on.
      this.consumer?.stop();
      this.consumer = undefined;
      this.reads.deliver(messageHooks(this.hooks));
    }
    this.plug(codec);
  }

  /** @internal */
  protected plug(codec: Codec<In, Out>): void {
    // To be chosen, a codec must be shown bytes, though nobody takes messages yet.
    if (codec instanceof Sniffer) this.reads.release(Hold.Reader);
    else if (this.codec instanceof Sniffer && !this.#taken) this.reads.hold(Hold.Reader);
    this.codec = codec;
    this.reads.codec = codec;
    const frame = codec.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH;
    this.writes.limit = this.settings.maxBufferedBytes ?? Math.max(MIN_BUFFER_LIMIT, 2 * frame);
  }

  #connected(): void {
    this.deadlines.connected();
    if (this.settings.role === 'server' && !this.#taken) this.deadlines.untaken();
    if (this.codec === undefined && this.closeReason === undefined) this.fail(new NoCodecError());
  }

  /** Calls a hook; what it throws fails the connection. */
  #call(name: HookName, hook: (hooks: Hooks<In, Out, Data>) => unknown): unknown {
    try {
      return hook(this.hooks);
    } catch (error) {
      this.fail(hookError(name, error));
      return undefined;
    }
  }

  #pressure(high: boolean): void {
    if (high) {
      // Both ends holding back would wait for each other for ever: only the side that serves does.
      if (this.settings.role === 'server') this.reads.hold(Hold.Pressure);
      return;
    }
    this.reads.release(Hold.Pressure);
    this.drain?.resolve();
    this.drain = undefined;
    const told = this.toldToWait;
    this.toldToWait = false;
    if (told) this.consumer?.drain();
    if (!told || this.state !== State.Open || this.hooks.onDrain === undefined) return;
    void this.reads.settle(
      'onDrain',
      this.#call('onDrain', (hooks) => hooks.onDrain?.(this.self)),
    );
  }

  #ping(): void {
    try {
      const result = this.settings.ping?.(this.self);
      // That it was not answered is what the misses count; they tell why when it comes to that.
      if (isThenable(result)) result.then(undefined, (error: unknown) => (this.#pingFailure = error));
    } catch (error) {
      this.fail(hookError('ping', error));
    }
  }

  /** @internal The first bytes have told what the peer speaks. */
  abstract choose(choice: SniffChoice): void;

  // What the stream and the loops call. Shared by all connections: closures of its own would cost each idle one memory.

  static #onData(this: Owned, chunk: Uint8Array): void {
    const connection = this[connectionOf]!;
    // What a consumer's callers are woken to send comes after the read turn: all of it leaves together then.
    if (connection.consumer === undefined) connection.writes.beginReadTurn();
    connection.reads.receive(chunk);
    connection.writes.endReadTurn();
  }

  static readonly #push: Socket['push'] = pushTo((socket, chunk) => ConnectionLife.#onData.call(socket, chunk));

  static #onEnd(this: Owned): void {
    this[connectionOf]!.reads.receiveEnd();
  }

  static #onError(this: Owned, error: Error): void {
    this[connectionOf]!.breakOff(new SocketError(error));
  }

  static #onClose(this: Owned): void {
    this[connectionOf]!.transportClosed();
  }

  static readonly #events: ReadEvents<AnyConnection> & WriteEvents<AnyConnection> & ExpiryEvents<AnyConnection> = {
    deliverEnd(connection) {
      const consumed = connection.consumer?.end();
      const hook = (): unknown => connection.#call('onEnd', (hooks) => hooks.onEnd?.(connection.self));
      if (consumed === undefined) return hook();
      return consumed.then(() => (connection.state < State.Closing ? hook() : undefined));
    },
    ended(connection) {
      if (!connection.settings.halfOpen) connection.closeFor('peer');
      else if (connection.gone) connection.transportClosed();
    },
    received: (connection, message, bytes) => channels.frameIn.publish({ connection: connection.self, message, bytes }),
    sent: (connection, message, bytes) => channels.frameOut.publish({ connection: connection.self, message, bytes }),
    chosen: (connection, choice) => connection.choose(choice),
    fail: (connection, error) => connection.fail(error),
    pressure: (connection, high) => connection.#pressure(high),
    overflow: (connection, unsent) => connection.breakOff(new OverflowError(unsent, connection.writes.limit)),
    expire(connection, error) {
      if (channels.connectionTimeout.hasSubscribers)
        channels.connectionTimeout.publish({ connection: connection.self, error });
      if (error === undefined) {
        connection.closeFor('idle');
        return;
      }
      if (error instanceof HeartbeatError) error.cause ??= connection.#pingFailure;
      // Nobody is there to close in good order with.
      if (error instanceof WriteStallError || error instanceof HeartbeatError) connection.breakOff(error);
      else connection.fail(error);
    },
    expireClose(connection) {
      if (connection.transport.destroyed) connection.transportClosed();
      else connection.transport.destroy();
    },
    untaken(connection) {
      // To be read is the only way in which the end of a peer is seen.
      if (!connection.#taken) connection.reads.deliver({ onRead: () => {} });
    },
    ping: (connection) => connection.#ping(),
  };
}

/** The loop hands the hook the connection that it was made with, which is all that the type leaves open. */
function messageHooks<In, Out, Data>(hooks: Hooks<In, Out, Data>): MessageHooks<AnyConnection, In> {
  return hooks;
}
