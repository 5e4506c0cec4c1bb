import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Codec } from '../codec/codec.ts';
import { InvalidOptionError, type WireError } from '../codec/errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../codec/frame-limit.ts';
import type { ProxyHeader } from '../codec/proxy/header.ts';
import {
  ClosedError,
  HeartbeatError,
  HookError,
  NoCodecError,
  OverflowError,
  SocketError,
  WriteStallError,
} from '../errors.ts';
import { channels } from './channels.ts';
import type { Clock } from './clock.ts';
import { type CloseReason, closeReasonOf } from './close-reason.ts';
import type { Connection } from './connection.ts';
import type { Consumer } from './consumer.ts';
import { createCodec } from './create-codec.ts';
import { Deadlines, type ExpiryEvents } from './deadlines.ts';
import { pushTo, readAsStream, readDirectly } from './direct-reads.ts';
import { callUnheard, hookError, type HookName, type Hooks } from './hooks.ts';
import { isThenable } from './is-thenable.ts';
import type { ConnectionSettings } from './options.ts';
import { Hold, type MessageHooks, type ReadEvents, ReadLoop } from './read-loop.ts';
import { type SniffChoice, Sniffer } from './sniffer.ts';
import { Sweep } from './sweep.ts';
import { socketOf, type Transport } from './transport.ts';
import { type Waiting, waiting } from './waiting.ts';
import { checkNotEncoding, type WriteEvents, WriteLoop } from './write-loop.ts';

/** How far a connection is from its birth to its end. */
export const State = { Open: 0, HalfClosed: 1, Closing: 2, Closed: 3 } as const;

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

/** Reasons that a connection closes for because of this side: with nobody to tell, they become process warnings. */
const OWN_FAULTS: ReadonlySet<CloseReason> = new Set<CloseReason>(['hook-error', 'encode-error', 'no-codec']);

let lastId = 0;

/**
 * The life of a connection, from its stream to its last hook: joins the loops, the deadlines, the hooks and the consumer. What a user
 * does with a connection is its face, {@link Connection}.
 *
 * ```text
 * Open -> HalfClosed  end(): nothing more is sent, what comes is read
 *      -> Closing     everything was flushed and ended, what comes is dropped
 *      -> Closed      the stream is gone
 * ```
 */
export abstract class ConnectionLife<In, Out, Data> {
  /** A number that no other connection of this process has or had. */
  readonly id: number = ++lastId;
  /** The user's own state: what the `data` option made, or whatever is put here. */
  data: Data;
  /** @internal Whether it is made anew when it is lost. */
  kept = false;
  /** @internal */
  protected readonly settings: ConnectionSettings<In, Out, Data>;
  /** @internal */
  protected transport: Transport;
  /** What the proxy in front of the server has told of the peer; undefined if there is none. */
  readonly proxyHeader: ProxyHeader | undefined;
  /** @internal */
  protected readonly reads: ReadLoop<AnyConnection, In>;
  /** @internal */
  protected readonly writes: WriteLoop<AnyConnection>;
  /** @internal */
  protected codec: Codec<In, Out> | undefined = undefined;
  /** @internal */
  protected state: number = State.Open;
  /** @internal Resolved when what was sent has drained, or the connection has closed. */
  protected drain: Waiting<void> | undefined = undefined;
  /** @internal Whether `send` has returned false since the last drain. */
  protected toldToWait = false;
  readonly #deadlines: Deadlines<AnyConnection>;
  #hooks: Hooks<In, Out, Data>;
  #consumer: Consumer<In> | undefined = undefined;
  #name: string | undefined = undefined;
  /** What the last ping that failed was rejected with. */
  #pingFailure: unknown = undefined;
  #reason: CloseReason | undefined = undefined;
  #error: WireError | undefined = undefined;
  #closed: Waiting<CloseReason> | undefined = undefined;
  /** Whether the stream is gone; what it brought before may still be at work. */
  #gone = false;

  /** @internal Use {@link Connection.over}, a Server or a Client. */
  constructor(transport: Transport, settings: ConnectionSettings<In, Out, Data>, proxyHeader?: ProxyHeader) {
    this.transport = transport;
    this.proxyHeader = proxyHeader;
    this.settings = settings;
    this.#hooks = settings.hooks;
    const self = this as unknown as AnyConnection;
    const events = ConnectionLife.#events;
    this.reads = new ReadLoop<AnyConnection, In>(transport, events, self, messageHooks(settings.hooks));
    this.writes = new WriteLoop(transport, settings.marks, events, self);
    const sweep = Sweep.of(settings.clock);
    this.#deadlines = new Deadlines(sweep, settings.deadlines, this.reads, this.writes, events, self);
    this.data = undefined as Data;
  }

  /** A name for logs; can be set. */
  get name(): string {
    return this.#name ?? `${this.settings.role}#${this.id}`;
  }

  set name(name: string) {
    this.#name = name;
  }

  /** Why the connection closed or is closing; undefined while it is open. */
  get closeReason(): CloseReason | undefined {
    return this.#reason;
  }

  /** The error that closed the connection, if one did. */
  get error(): WireError | undefined {
    return this.#error;
  }

  /** Resolves with the reason when the socket is closed. */
  get closed(): Promise<CloseReason> {
    this.#closed ??= waiting<CloseReason>();
    if (this.state === State.Closed) this.#closed.resolve(this.#reason!);
    return this.#closed.promise;
  }

  /**
   * Closes in good order because of `error`, after `onError` has got it: for a service that finds its peer to break the protocol.
   * The first error counts, later ones are dropped.
   */
  fail(error: WireError): void {
    checkNotEncoding();
    if (this.#reason !== undefined) {
      // Too late to matter to the connection, but a bug in a hook must not pass unseen.
      if (error instanceof HookError) process.emitWarning(error);
      return;
    }
    this.#fail(error);
    this.#shut();
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
    this.#consumer = consumer;
    // A hook that takes messages in `onConnect` may go on doing so for as long as the connection is there.
    this.#deadlines.connected();
    if (this.state >= State.Closing) consumer.stop();
    else this.reads.consume(consumer);
    // With `halfOpen` the peer may have ended before.
    if (this.state < State.Closing && this.reads.hasEnded) void consumer.end();
  }

  /** Whether somebody takes the messages. */
  get #taken(): boolean {
    return this.#hooks.onRead !== undefined || this.#consumer !== undefined;
  }

  /** @internal Messages that were decoded and that nobody has taken yet. */
  protected get queued(): number {
    return this.#consumer?.queued ?? 0;
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
    if (this.#hooks.onRead === undefined) this.reads.hold(Hold.Reader);
    // Whoever had the stream before may have ended it.
    if (transport.writableEnded === true) this.state = State.HalfClosed;
    // Node keeps the address of a closed socket only when it was asked for before.
    void socketOf(transport)?.remoteAddress;
    this.#attach(transport);
    if (channels.connectionOpen.hasSubscribers) channels.connectionOpen.publish({ connection: this.#self });
    const result = this.#call('onConnect', (hooks) => {
      const { codec, data } = this.settings;
      if (data !== undefined) this.data = data();
      if (codec !== undefined) this.plug(createCodec(codec));
      return hooks.onConnect?.(this.#self);
    });
    const connected = this.reads.settle('onConnect', result, () => this.#connected());
    if (connected !== undefined && this.#consumer === undefined) this.#deadlines.handshaking();
    // A stream that was used before says neither of these again.
    if (transport.readableEnded === true) this.reads.receiveEnd();
    if (transport.destroyed) queueMicrotask(() => this.#transportClosed());
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
      if (secure.destroyed) queueMicrotask(() => this.#transportClosed());
      this.reads.transport = secure;
      this.writes.release(secure);
      if (this.state === State.HalfClosed) secure.end();
      this.reads.release(Hold.Tls);
    } catch (error) {
      this.#breakOff(error as WireError);
      socket.destroy();
      if (socket.closed) this.#transportClosed();
      else socket.on('close', ConnectionLife.#onClose);
      throw error;
    }
  }

  /** The connection that this is the life of, as hooks and subscribers get it. */
  get #self(): Connection<In, Out, Data> {
    return this as unknown as Connection<In, Out, Data>;
  }

  /** @internal Has another codec, and the hooks that come with it, take over. */
  protected takeOver(codec: Codec<In, Out>, hooks: Hooks<In, Out, Data> | undefined): void {
    if (hooks !== undefined) this.#hooks = { ...this.#hooks, ...hooks };
    if (hooks?.onRead !== undefined) {
      // The messages are the hook's from here on.
      this.#consumer?.stop();
      this.#consumer = undefined;
      this.reads.deliver(messageHooks(this.#hooks));
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
    this.#deadlines.connected();
    if (this.settings.role === 'server' && !this.#taken) this.#deadlines.untaken();
    if (this.codec === undefined && this.#reason === undefined) this.fail(new NoCodecError());
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
    if (told) this.#consumer?.drain();
    if (!told || this.state !== State.Open || this.#hooks.onDrain === undefined) return;
    void this.reads.settle(
      'onDrain',
      this.#call('onDrain', (hooks) => hooks.onDrain?.(this.#self)),
    );
  }

  /** Notes the first error and tells `onError`, which may still send. */
  #fail(error: WireError): void {
    this.#reason = closeReasonOf(error);
    this.#error = error;
    if (channels.connectionError.hasSubscribers) channels.connectionError.publish({ connection: this.#self, error });
    if (this.#hooks.onError !== undefined) {
      callUnheard('onError', () => this.#hooks.onError?.(this.#self, error));
    } else if (OWN_FAULTS.has(this.#reason)) {
      // A fault of this side, not of the peer, must not pass unseen.
      process.emitWarning(error);
    }
  }

  /** @internal */
  protected closeFor(reason: CloseReason): void {
    checkNotEncoding();
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#shut();
  }

  /** Flush, FIN, and drop what comes until the peer ends too or the deadline passes. */
  #shut(): void {
    if (this.state >= State.Closing) return;
    if (this.writes.held) {
      // In the midst of shaking hands there is no good order.
      this.destroyFor(this.#reason!);
      return;
    }
    const { state } = this;
    // First: a stream that passes on at once what it is given may bring back more to send, behind the end that follows.
    this.state = State.Closing;
    this.writes.flush();
    this.#stopReading();
    if (state === State.Open) this.transport.end();
    this.#deadlines.closing();
    if (this.#gone) queueMicrotask(() => this.#transportClosed());
  }

  #stopReading(): void {
    const consumer = this.#consumer;
    this.reads.stop();
    this.#consumer = undefined;
    consumer?.stop();
  }

  /** Ends a connection that cannot write any more because of `error`. */
  #breakOff(error: WireError): void {
    if (this.#reason !== undefined) return;
    this.#fail(error);
    this.destroyFor(this.#reason!);
  }

  #ping(): void {
    try {
      const result = this.settings.ping?.(this.#self);
      // That it was not answered is what the misses count; they tell why when it comes to that.
      if (isThenable(result)) result.then(undefined, (error: unknown) => (this.#pingFailure = error));
    } catch (error) {
      this.fail(hookError('ping', error));
    }
  }

  /** @internal The first bytes have told what the peer speaks. */
  abstract choose(choice: SniffChoice): void;

  /** @internal Nothing can be sent any more: who waits for room has to know. */
  protected endedHere(): void {
    this.#consumer?.drain();
  }

  /** @internal Closes as soon as whoever takes the messages has done with those that came. */
  protected finishFor(reason: CloseReason): void {
    const finished = this.#consumer?.finish?.();
    if (finished === undefined) this.closeFor(reason);
    else void finished.then(() => this.closeFor(reason));
  }

  /** @internal */
  protected destroyFor(reason: CloseReason): void {
    checkNotEncoding();
    this.#reason ??= reason;
    if (this.state === State.Closed) return;
    this.state = State.Closing;
    this.#stopReading();
    this.writes.close();
    this.transport.destroy();
    if (this.#gone) queueMicrotask(() => this.#transportClosed());
    // Sockets tell that they are closed; a stream may not.
    else if (socketOf(this.transport) === undefined) this.#deadlines.closing();
  }

  #transportClosed(): void {
    if (this.state === State.Closed) return;
    this.#gone = true;
    // When both sides have ended, the stream closes by itself; what it has brought before is handled all the same.
    if (this.state === State.HalfClosed && this.reads.ending) return;
    this.#reason ??= this.reads.hasEnded ? 'peer' : 'destroyed';
    this.state = State.Closed;
    this.#deadlines.stop();
    this.#stopReading();
    this.writes.close();
    this.drain?.resolve();
    this.settings.onClosed?.(this.#self);
    const reason = this.#reason;
    if (channels.connectionClose.hasSubscribers) channels.connectionClose.publish({ connection: this.#self, reason });
    callUnheard('onClose', () => this.#hooks.onClose?.(this.#self, reason));
    this.#closed?.resolve(reason);
  }

  // What the stream and the loops call. Shared by all connections: closures of its own would cost each idle one memory.

  static #onData(this: Owned, chunk: Uint8Array): void {
    const connection = this[connectionOf]!;
    // What a consumer's callers are woken to send comes after the read turn: all of it leaves together then.
    if (connection.#consumer === undefined) connection.writes.beginReadTurn();
    connection.reads.receive(chunk);
    connection.writes.endReadTurn();
  }

  static readonly #push: Socket['push'] = pushTo((socket, chunk) => ConnectionLife.#onData.call(socket, chunk));

  static #onEnd(this: Owned): void {
    this[connectionOf]!.reads.receiveEnd();
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
      const hook = (): unknown => connection.#call('onEnd', (hooks) => hooks.onEnd?.(connection.#self));
      if (consumed === undefined) return hook();
      return consumed.then(() => (connection.state < State.Closing ? hook() : undefined));
    },
    ended(connection) {
      if (!connection.settings.halfOpen) connection.closeFor('peer');
      else if (connection.#gone) connection.#transportClosed();
    },
    received: (connection, message, bytes) =>
      channels.frameIn.publish({ connection: connection.#self, message, bytes }),
    sent: (connection, message, bytes) => channels.frameOut.publish({ connection: connection.#self, message, bytes }),
    chosen: (connection, choice) => connection.choose(choice),
    fail: (connection, error) => connection.fail(error),
    pressure: (connection, high) => connection.#pressure(high),
    overflow: (connection, unsent) => connection.#breakOff(new OverflowError(unsent, connection.writes.limit)),
    expire(connection, error) {
      if (channels.connectionTimeout.hasSubscribers)
        channels.connectionTimeout.publish({ connection: connection.#self, error });
      if (error === undefined) {
        connection.closeFor('idle');
        return;
      }
      if (error instanceof HeartbeatError) error.cause ??= connection.#pingFailure;
      // Nobody is there to close in good order with.
      if (error instanceof WriteStallError || error instanceof HeartbeatError) connection.#breakOff(error);
      else connection.fail(error);
    },
    expireClose(connection) {
      if (connection.transport.destroyed) connection.#transportClosed();
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
