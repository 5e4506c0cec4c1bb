import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';

import { type Codec, type CodecFactory, DEFAULT_MAX_FRAME_LENGTH, type Description } from '../codec/codec.ts';
import { InvalidOptionError, WireError } from '../codec/errors.ts';
import { ClosedError, HookError, NoCodecError, OverflowError, SocketError, WriteStallError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { channels } from '../observe/channels.ts';
import { type CloseReason, closeReasonOf } from './close-reason.ts';
import type { Consumer } from './consumer.ts';
import { createCodec } from './create-codec.ts';
import { Deadlines, type ExpiryEvents } from './deadlines.ts';
import { whenDrained } from './drain.ts';
import { type HookName, type Hooks, isThenable } from './hooks.ts';
import { MessageIterator } from './message-iterator.ts';
import { type ConnectionOptions, type ConnectionSettings, connectionSettings } from './options.ts';
import { Hold, hookError, type MessageHooks, type ReadEvents, ReadLoop } from './read-loop.ts';
import { Sweep } from './sweep.ts';
import type { Transport } from './transport.ts';
import { abortable, type Waiting, waiting } from './waiting.ts';
import { type WriteEvents, WriteLoop } from './write-loop.ts';

/** What a connection has carried so far. */
export interface ConnectionCounters {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
}

const State = { Open: 0, HalfClosed: 1, Closing: 2, Closed: 3 } as const;

/** Ties a stream to its connection, so that one set of listeners serves all of them. */
const connectionOf = Symbol('wirewright.connection');
type AnyConnection = Connection<never, never, never>;
type Owned = Transport & { [connectionOf]?: AnyConnection };

/** Unsent bytes beyond which a connection is broken off, however small its frames are. */
const MIN_BUFFER_LIMIT = 16 * 1024 * 1024;

/** Reasons that a connection closes for because of this side: with nobody to tell, they become process warnings. */
const OWN_FAULTS: ReadonlySet<CloseReason> = new Set<CloseReason>(['hook-error', 'encode-error', 'no-codec']);

let lastId = 0;

/**
 * A codec on a byte stream: messages come in through the `onRead` hook and go out through {@link send}.
 *
 * Servers and clients make connections; {@link Connection.over} makes one of a stream that exists.
 *
 * ```text
 * socket bytes -> ByteReader -> codec.decode -> onRead(connection, message)                  the read loop
 * connection.send(message) -> codec.encode -> ByteWriter -> one write per turn -> socket     the write loop
 * ```
 *
 * @typeParam In what the codec decodes to
 * @typeParam Out what the codec encodes from
 * @typeParam Data the user's own state
 */
export class Connection<In, Out = In, Data = unknown> {
  /** A number that no other connection of this process has or had. */
  readonly id: number = ++lastId;
  /** The user's own state: what the `data` option made, or whatever is put here. */
  data: Data;
  readonly #settings: ConnectionSettings<In, Out, Data>;
  readonly #transport: Transport;
  readonly #reads: ReadLoop<AnyConnection, In>;
  readonly #writes: WriteLoop<AnyConnection>;
  #codec: Codec<In, Out> | undefined = undefined;
  #hooks: Hooks<In, Out, Data>;
  #name: string | undefined = undefined;
  #state: number = State.Open;
  #reason: CloseReason | undefined = undefined;
  #error: WireError | undefined = undefined;
  #closed: Waiting<CloseReason> | undefined = undefined;
  #drained: Waiting<void> | undefined = undefined;
  /** Whether `send` has returned false since the last drain. */
  #toldToWait = false;
  #consumer: Consumer<In> | undefined = undefined;
  readonly #deadlines: Deadlines<AnyConnection>;

  /**
   * Plugs a codec into a stream that exists: a socket, a TLS socket, one end of a pair, anything that is a Duplex of bytes. The
   * connection owns the stream from here on. `onConnect` is called before this returns.
   *
   * @throws {InvalidOptionError} an option is unknown or out of range, or the factory makes no codec
   */
  static over<In, Out = In, Data = unknown>(
    duplex: Duplex,
    codec: CodecFactory<In, Out>,
    hooks: Hooks<In, Out, Data> = {},
    options: ConnectionOptions<Data> = {},
  ): Connection<In, Out, Data> {
    if ((duplex as Transport as Owned)[connectionOf] !== undefined)
      throw new InvalidOptionError('this stream has a connection already');
    const first = createCodec(codec);
    const settings = connectionSettings<In, Out, Data>('Connection.over()', 'connection', () => first, hooks, options);
    const connection = new Connection(duplex, settings);
    void connection.open();
    return connection;
  }

  /** @internal Use {@link Connection.over}, a Server or a Client. */
  constructor(transport: Transport, settings: ConnectionSettings<In, Out, Data>) {
    this.#transport = transport;
    this.#settings = settings;
    this.#hooks = settings.hooks;
    const self = this as unknown as AnyConnection;
    this.#reads = new ReadLoop<AnyConnection, In>(transport, Connection.#events, self, messageHooks(settings.hooks));
    this.#writes = new WriteLoop(transport, settings.marks, Connection.#events, self);
    this.#deadlines = new Deadlines(
      Sweep.of(settings.clock),
      settings.deadlines,
      this.#reads,
      this.#writes,
      Connection.#events,
      self,
    );
    this.data = undefined as Data;
  }

  // ---------------------------------------------------------------- talking

  /**
   * Encodes a message; it leaves with everything else that this turn of the event loop sends, in one write. Returns whether the
   * sender may go on: false while more than the high-water mark is unsent (then {@link drained} tells when), and false, too, when
   * the connection is closing and the message was dropped. A connection whose sender does not mind that, and sends on beyond
   * `maxBufferedBytes`, is broken off.
   *
   * @throws {EncodeError} the codec could not encode it; nothing of it is sent and the connection stays as it was
   * @throws {NoCodecError} no codec was set
   */
  send(message: Out): boolean {
    if (this.#state !== State.Open) return false;
    if (this.#codec === undefined) throw new NoCodecError();
    if (this.#writes.send(this.#codec, message)) return true;
    this.#toldToWait = true;
    return false;
  }

  /** Writes what was sent so far now, instead of with the turn. */
  flush(): void {
    if (this.#state < State.Closed) this.#writes.flush();
  }

  /**
   * Resolves when what was sent is below the low-water mark.
   *
   * @throws {ClosedError} (rejects) the connection closed
   */
  async drained(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#state >= State.Closing) throw new ClosedError(this.name);
    if (this.#writes.buffered <= this.#settings.marks.low) return;
    this.#writes.watch();
    const { promise } = (this.#drained ??= waiting<void>());
    await abortable(promise, signal);
    if (this.#state >= State.Closing) throw new ClosedError(this.name);
  }

  /**
   * Plugs in another codec, before or during a conversation. Bytes that were received and not decoded go to it at once. The hooks
   * that come along replace those of the same name. Returns this connection as what it is now.
   *
   * @throws {InvalidOptionError} the factory makes no codec
   */
  setCodec<NextIn, NextOut = NextIn>(
    codec: CodecFactory<NextIn, NextOut>,
    hooks?: Hooks<NextIn, NextOut, Data>,
  ): Connection<NextIn, NextOut, Data> {
    const next = this as unknown as Connection<NextIn, NextOut, Data>;
    const plugged = createCodec(codec);
    if (hooks !== undefined) {
      next.#hooks = { ...next.#hooks, ...hooks };
      next.#reads.hooks = messageHooks(next.#hooks);
    }
    next.#plug(plugged);
    if (next.#hooks.onRead !== undefined) next.#reads.release(Hold.Reader);
    return next;
  }

  /**
   * The messages, for `for await`: at most a few are queued, the peer is slowed down instead. Leaving the loop closes the connection;
   * what closes the connection with an error is thrown.
   *
   * @throws {InvalidOptionError} (rejects) somebody takes the messages already: an `onRead` hook, for one
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In, undefined> {
    return new MessageIterator(this);
  }

  /** Stops reading: bytes stay bytes, here and then in the kernel, and the peer is slowed down. */
  pause(): void {
    this.#reads.hold(Hold.User);
  }

  /** Reads again. */
  resume(): void {
    this.#reads.release(Hold.User);
  }

  // ---------------------------------------------------------------- ending

  /** Ends the sending side once all that was sent is written; reading goes on. */
  end(): void {
    if (this.#state !== State.Open) return;
    this.#writes.flush();
    this.#state = State.HalfClosed;
    this.#transport.end();
  }

  /**
   * Closes in good order: writes what was sent, ends, drops what still comes, and destroys the socket when the peer has not ended
   * within `closeTimeout`. With `drain`, what was received is answered first. Resolves with the reason when the socket is closed.
   * May be called any number of times.
   */
  close(options: { drain?: boolean | undefined } = {}): Promise<CloseReason> {
    if (options.drain === true) whenDrained(this.#reads, () => this.#close('shutdown'));
    else this.#close(this.#reads.hasEnded ? 'peer' : 'local');
    return this.closed;
  }

  /** Destroys the socket at once; what was not written is lost. */
  destroy(): void {
    this.#destroy('destroyed');
  }

  /**
   * Closes in good order because of `error`, after `onError` has got it: for a service that finds its peer to break the protocol.
   * The first error counts, later ones are dropped.
   */
  fail(error: WireError): void {
    if (this.#reason !== undefined) {
      // Too late to matter to the connection, but a bug in a hook must not pass unseen.
      if (error instanceof HookError) process.emitWarning(error);
      return;
    }
    this.#fail(error);
    this.#shut();
  }

  /** Resolves with the reason when the socket is closed. */
  get closed(): Promise<CloseReason> {
    this.#closed ??= waiting<CloseReason>();
    if (this.#state === State.Closed) this.#closed.resolve(this.#reason!);
    return this.#closed.promise;
  }

  /** Closes in good order: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---------------------------------------------------------------- looking

  /** A name for logs; can be set. */
  get name(): string {
    return this.#name ?? `${this.#settings.role}#${this.id}`;
  }

  set name(name: string) {
    this.#name = name;
  }

  /** Whether messages can be sent. */
  get writable(): boolean {
    return this.#state === State.Open;
  }

  /** Why the connection closed or is closing; undefined while it is open. */
  get closeReason(): CloseReason | undefined {
    return this.#reason;
  }

  /** The error that closed the connection, if one did. */
  get error(): WireError | undefined {
    return this.#error;
  }

  /** Bytes that were sent and have not been handed to the kernel. */
  get bufferedBytes(): number {
    return this.#writes.buffered;
  }

  /** IP address of the peer; undefined for unix sockets and streams that are no sockets. */
  get remoteAddress(): string | undefined {
    return socketOf(this.#transport)?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return socketOf(this.#transport)?.remotePort;
  }

  /** IP address of this end; undefined for unix sockets and streams that are no sockets. */
  get localAddress(): string | undefined {
    return socketOf(this.#transport)?.localAddress;
  }

  get localPort(): number | undefined {
    return socketOf(this.#transport)?.localPort;
  }

  get counters(): ConnectionCounters {
    const reads = this.#reads;
    const writes = this.#writes;
    return { bytesIn: reads.bytes, bytesOut: writes.bytes, messagesIn: reads.messages, messagesOut: writes.messages };
  }

  // ---------------------------------------------------------------- life, for those who make connections or take them over

  /**
   * @internal Has `consumer` take the messages.
   *
   * @throws {InvalidOptionError} somebody takes them already
   */
  consume(consumer: Consumer<In>): void {
    if (this.#hooks.onRead !== undefined || this.#consumer !== undefined) {
      throw new InvalidOptionError(
        `the messages of ${this.name} are taken already: by an onRead hook, an exchange, an iterator or a stream, but only one of them`,
      );
    }
    this.#consumer = consumer;
    // A hook that takes messages in `onConnect` may go on doing so for as long as the connection is there.
    this.#deadlines.connected();
    if (this.#state >= State.Closing) consumer.stop();
    else this.#reads.consume(consumer);
  }

  /** @internal Holds reading until the consumer can take more. */
  hold(full: boolean): void {
    if (full) this.#reads.hold(Hold.Consumer);
    else this.#reads.release(Hold.Consumer);
  }

  /** What a message is, in words, and whether its bytes are nobody's business: what the codec's `describe` says. */
  describe(message: In | Out): Description {
    const said = this.#codec?.describe?.(message) ?? inspect(message, { breakLength: Infinity, depth: 3 });
    return typeof said === 'string' ? { text: said, secret: false } : said;
  }

  /** @internal Where its time comes from. */
  get clock(): Clock {
    return this.#settings.clock;
  }

  /** @internal The consumer is not busy any more. */
  rest(): void {
    this.#reads.rest();
  }

  /** @internal Attaches to the stream and calls `onConnect`. Resolves, never rejects, when that has settled. */
  open(): Promise<void> | undefined {
    const transport = this.#transport as Owned;
    if (this.#hooks.onRead === undefined) this.#reads.hold(Hold.Reader);
    // Node keeps the address of a closed socket only when it was asked for before.
    void socketOf(transport)?.remoteAddress;
    transport[connectionOf] = this as unknown as AnyConnection;
    transport.allowHalfOpen = true;
    transport.on('error', Connection.#onError);
    transport.on('close', Connection.#onClose);
    transport.on('end', Connection.#onEnd);
    transport.on('data', Connection.#onData);
    if (channels.connectionOpen.hasSubscribers) channels.connectionOpen.publish({ connection: this });
    const result = this.#call('onConnect', (hooks) => {
      const { codec, data } = this.#settings;
      if (data !== undefined) this.data = data();
      if (codec !== undefined) this.#plug(createCodec(codec));
      return hooks.onConnect?.(this);
    });
    const connected = this.#reads.settle('onConnect', result, () => this.#connected());
    if (connected !== undefined && this.#consumer === undefined) this.#deadlines.handshaking();
    // A stream that was used before says neither of these again.
    if (transport.readableEnded === true) this.#reads.receiveEnd();
    if (transport.destroyed) queueMicrotask(() => this.#transportClosed());
    return connected;
  }

  #plug(codec: Codec<In, Out>): void {
    this.#codec = codec;
    this.#reads.codec = codec;
    const frame = codec.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH;
    this.#writes.limit = this.#settings.maxBufferedBytes ?? Math.max(MIN_BUFFER_LIMIT, 2 * frame);
  }

  #connected(): void {
    this.#deadlines.connected();
    if (this.#codec === undefined && this.#reason === undefined) this.fail(new NoCodecError());
  }

  /** Calls a hook; what it throws fails the connection. */
  #call(name: HookName, hook: (hooks: Hooks<In, Out, Data>) => unknown): unknown {
    try {
      return hook(this.#hooks);
    } catch (error) {
      this.fail(hookError(name, error));
      return undefined;
    }
  }

  /** Calls a hook that ends a connection: nobody is left to fail, so what it throws becomes a warning. */
  #callLast(name: HookName, hook: (hooks: Hooks<In, Out, Data>) => unknown): void {
    const warn = (error: unknown): void => process.emitWarning(new HookError(name, error));
    try {
      const result = hook(this.#hooks);
      if (isThenable(result)) result.then(undefined, warn);
    } catch (error) {
      warn(error);
    }
  }

  #pressure(high: boolean): void {
    if (high) {
      // Both ends holding back would wait for each other for ever: only the side that serves does.
      if (this.#settings.role === 'server') this.#reads.hold(Hold.Pressure);
      return;
    }
    this.#reads.release(Hold.Pressure);
    this.#drained?.resolve();
    this.#drained = undefined;
    const told = this.#toldToWait;
    this.#toldToWait = false;
    if (told) this.#consumer?.drain();
    if (!told || this.#state !== State.Open || this.#hooks.onDrain === undefined) return;
    void this.#reads.settle(
      'onDrain',
      this.#call('onDrain', (hooks) => hooks.onDrain?.(this)),
    );
  }

  /** Notes the first error and tells `onError`, which may still send. */
  #fail(error: WireError): void {
    this.#reason = closeReasonOf(error);
    this.#error = error;
    if (channels.connectionError.hasSubscribers) channels.connectionError.publish({ connection: this, error });
    if (this.#hooks.onError !== undefined) {
      this.#callLast('onError', (hooks) => hooks.onError?.(this, error));
    } else if (OWN_FAULTS.has(this.#reason)) {
      // A fault of this side, not of the peer, must not pass unseen.
      process.emitWarning(error);
    }
  }

  #close(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#shut();
  }

  /** Flush, FIN, and drop what comes until the peer ends too or the deadline passes. */
  #shut(): void {
    if (this.#state >= State.Closing) return;
    this.#writes.flush();
    this.#stopReading();
    if (this.#state === State.Open) this.#transport.end();
    this.#state = State.Closing;
    this.#deadlines.closing();
  }

  #stopReading(): void {
    const consumer = this.#consumer;
    this.#reads.stop();
    this.#consumer = undefined;
    consumer?.stop();
  }

  /** Ends a connection that cannot write any more because of `error`. */
  #breakOff(error: WireError): void {
    if (this.#reason !== undefined) return;
    this.#fail(error);
    this.#destroy(this.#reason!);
  }

  #ping(): void {
    const failed = (error: unknown): void => this.fail(hookError('ping', error));
    try {
      const result = this.#settings.ping?.(this);
      // A request that was not answered is what the misses count.
      if (isThenable(result)) result.then(undefined, (error) => error instanceof WireError || failed(error));
    } catch (error) {
      failed(error);
    }
  }

  #destroy(reason: CloseReason): void {
    this.#reason ??= reason;
    if (this.#state === State.Closed) return;
    this.#state = State.Closing;
    this.#stopReading();
    this.#writes.close();
    this.#transport.destroy();
  }

  #transportClosed(): void {
    if (this.#state === State.Closed) return;
    this.#reason ??= this.#reads.hasEnded ? 'peer' : 'destroyed';
    this.#state = State.Closed;
    this.#deadlines.stop();
    this.#stopReading();
    this.#writes.close();
    this.#drained?.resolve();
    this.#settings.onClosed?.(this);
    const reason = this.#reason;
    if (channels.connectionClose.hasSubscribers) channels.connectionClose.publish({ connection: this, reason });
    this.#callLast('onClose', (hooks) => hooks.onClose?.(this, reason));
    this.#closed?.resolve(reason);
  }

  // What the stream and the loops call. Shared by all connections: closures of its own would cost each idle one memory.

  static #onData(this: Owned, chunk: Uint8Array): void {
    const connection = this[connectionOf]!;
    connection.#writes.beginReadTurn();
    connection.#reads.receive(chunk);
    connection.#writes.endReadTurn();
  }

  static #onEnd(this: Owned): void {
    this[connectionOf]!.#reads.receiveEnd();
  }

  static #onError(this: Owned, error: Error): void {
    this[connectionOf]!.#breakOff(new SocketError(error));
  }

  static #onClose(this: Owned): void {
    this[connectionOf]!.#transportClosed();
  }

  static readonly #events: ReadEvents<AnyConnection> & WriteEvents<AnyConnection> & ExpiryEvents<AnyConnection> = {
    deliverEnd(connection) {
      const consumed = connection.#consumer?.end();
      const hook = (): unknown => connection.#call('onEnd', (hooks) => hooks.onEnd?.(connection));
      return consumed === undefined ? hook() : consumed.then(hook);
    },
    ended(connection) {
      if (!connection.#settings.halfOpen) connection.#close('peer');
    },
    received: (connection, message, bytes) => channels.frameIn.publish({ connection, message, bytes }),
    sent: (connection, message, bytes) => channels.frameOut.publish({ connection, message, bytes }),
    fail: (connection, error) => connection.fail(error),
    pressure: (connection, high) => connection.#pressure(high),
    overflow: (connection, unsent) => connection.#breakOff(new OverflowError(unsent, connection.#writes.limit)),
    expire(connection, error) {
      if (channels.connectionTimeout.hasSubscribers) channels.connectionTimeout.publish({ connection, error });
      if (error === undefined) connection.#close('idle');
      else if (error instanceof WriteStallError) connection.#breakOff(error);
      else connection.fail(error);
    },
    expireClose: (connection) => connection.#transport.destroy(),
    ping: (connection) => connection.#ping(),
  };
}

/** The loop hands the hook the connection that it was made with, which is all that the type leaves open. */
function messageHooks<In, Out, Data>(hooks: Hooks<In, Out, Data>): MessageHooks<AnyConnection, In> {
  return hooks;
}

function socketOf(transport: Transport): Socket | undefined {
  return transport instanceof Socket ? transport : undefined;
}
