import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';

import type { CodecFactory, Description } from '../codec/codec.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { signalOption } from '../codec/options.ts';
import type { ProxyEndpoint } from '../codec/proxy/header.ts';
import { ClosedError, NoCodecError, PlaintextBufferedError, TlsError } from '../errors.ts';
import { checkBytes } from './check-bytes.ts';
import type { CloseReason } from './close-reason.ts';
import { createCodec } from './create-codec.ts';
import { whenDrained } from './drain.ts';
import { State } from './ending.ts';
import { handshake, type StartTlsOptions } from './handshake.ts';
import { hookError, type Hooks } from './hooks.ts';
import { ConnectionLife, isOwned } from './life.ts';
import { MessageIterator } from './message-iterator.ts';
import { type ConnectionOptions, connectionSettings } from './options.ts';
import { Hold } from './read-loop.ts';
import type { SniffChoice } from './sniffer.ts';
import { Sweep } from './sweep.ts';
import { socketOf } from './transport.ts';
import { abortable, waiting } from './waiting.ts';

/** What a connection has carried so far. */
export interface ConnectionCounters {
  /** Bytes received; with TLS, after decryption. */
  readonly bytesIn: number;
  /** Bytes written to the socket; with TLS, before encryption. */
  readonly bytesOut: number;
  /** Messages decoded. */
  readonly messagesIn: number;
  /** Messages encoded. */
  readonly messagesOut: number;
}

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
export class Connection<In, Out = In, Data = unknown> extends ConnectionLife<In, Out, Data> {
  /**
   * Plugs a codec into a stream that exists: a socket, a TLS socket, one end of a pair, anything that is a Duplex of bytes. The
   * connection owns the stream from here on. `onConnect` is called before this returns.
   *
   * @throws {InvalidOptionError} it is no stream of bytes, an option is unknown or out of range, or the factory makes no codec
   */
  static over<In, Out = In, Data = unknown>(
    duplex: Duplex,
    codec: CodecFactory<In, Out>,
    hooks: Hooks<In, Out, Data> = {},
    options: ConnectionOptions<Data> = {},
  ): Connection<In, Out, Data> {
    checkBytes(duplex);
    if (isOwned(duplex)) throw new InvalidOptionError('this stream has a connection already');
    const first = createCodec(codec);
    const settings = connectionSettings<In, Out, Data>('Connection.over()', 'connection', () => first, hooks, options);
    const connection = new Connection(duplex, settings);
    void connection.open();
    return connection;
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
    if (this.state !== State.Open) return false;
    if (this.codec === undefined) throw new NoCodecError();
    if (this.writes.send(this.codec, message)) return true;
    this.toldToWait = true;
    return false;
  }

  /** Writes what was sent so far now, instead of with the turn. */
  flush(): void {
    if (this.state < State.Closed) this.writes.flush();
  }

  /**
   * Resolves when what was sent is below the low-water mark.
   *
   * @throws {ClosedError} (rejects) the connection closed
   */
  async drained(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const signal = signalOption(options.signal);
    signal?.throwIfAborted();
    if (this.state >= State.Closing) throw new ClosedError(this.name);
    if (this.writes.buffered <= this.settings.marks.low) return;
    this.writes.watch();
    const { promise } = (this.drain ??= waiting<void>());
    await abortable(promise, signal);
    if (this.state >= State.Closing) throw new ClosedError(this.name);
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
    next.takeOver(createCodec(codec), hooks);
    return next;
  }

  /**
   * Encrypts a conversation that began in plaintext, as STARTTLS does, within `handshakeTimeout`. To be called in the turn in which the
   * go-ahead is sent or has come, since all that comes after it is TLS: what was sent before leaves in plaintext first, what is sent
   * meanwhile is encrypted. Resolves with this connection when hands are shaken; reading goes on then.
   *
   * ```ts
   * connection.send('220 go ahead');
   * await connection.startTls({ key, cert });
   * ```
   *
   * @param options of the same object, a context is made once only
   * @throws {InvalidOptionError} (rejects) TLS cannot be made with the options, or on this stream; the connection goes on
   * @throws {PlaintextBufferedError} (rejects) the peer has sent more in plaintext already; that closes the connection
   * @throws {TlsError} (rejects) the handshake failed; that closes the connection
   * @throws {HandshakeTimeoutError} (rejects) the handshake took too long; that closes the connection
   */
  startTls(options: StartTlsOptions): Promise<this> {
    const started = this.#startTls(options, this.settings.role === 'server', false);
    // Whoever does not wait for it is told by `onError`.
    started.catch(() => {});
    return started;
  }

  async #startTls(options: StartTlsOptions, asServer: boolean, begun: boolean): Promise<this> {
    const { transport } = this;
    if (!(transport instanceof Socket)) throw new InvalidOptionError('startTls() needs a connection on a socket');
    if (transport instanceof TLSSocket || this.writes.held)
      throw new InvalidOptionError(`${this.name} is encrypted already`);
    const { deadlines, clock } = this.settings;
    const shakeHands = handshake(options, asServer, deadlines.handshake, Sweep.of(clock));
    if (this.state !== State.Open) throw new ClosedError(this.name);
    if (transport.readableEnded) {
      const error = new TlsError('the peer has ended its side: there is nobody to shake hands with');
      this.fail(error);
      throw error;
    }
    const bytes = this.reads.unfinished + transport.readableLength;
    if ((bytes > 0 || this.queued > 0) && !begun) {
      const error = new PlaintextBufferedError(bytes, this.queued);
      this.fail(error);
      throw error;
    }
    await this.encrypted(shakeHands, begun);
    return this;
  }

  /** @internal The first bytes have told what the peer speaks. */
  override choose({ codec, hooks, tls }: SniffChoice): void {
    if (tls === undefined) {
      this.setCodec(codec, hooks);
      return;
    }
    // Its bytes are part of the handshake, and what is inside is for the codec.
    this.reads.hold(Hold.Codec);
    this.#startTls(tls, true, true)
      .then(() => this.setCodec(codec, hooks))
      .catch((error: unknown) => this.fail(hookError('sniff', error)));
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
    this.reads.hold(Hold.User);
  }

  /** Reads again. */
  resume(): void {
    this.reads.release(Hold.User);
  }

  // ---------------------------------------------------------------- ending

  /** Ends the sending side once all that was sent is written; reading goes on. */
  end(): void {
    if (this.state !== State.Open) return;
    this.state = State.HalfClosed;
    this.writes.flush();
    // While hands are shaken, what was sent waits, and the end behind it.
    if (!this.writes.held) this.transport.end();
    this.endedHere();
  }

  /**
   * Closes in good order: writes what was sent, ends, drops what still comes, and destroys the socket when the peer has not ended
   * within `closeTimeout`, counted from when it took the last of what was sent. With `drain`, what was received is answered first. Resolves with the reason when the socket is closed.
   * May be called any number of times.
   */
  close(options: { drain?: boolean | undefined } = {}): Promise<CloseReason> {
    if (options.drain === true) whenDrained(this.reads, () => this.finishFor('shutdown'));
    else this.closeFor(this.reads.hasEnded ? 'peer' : 'local');
    return this.closed;
  }

  /** Destroys the socket at once; what was not written is lost. */
  destroy(): void {
    this.destroyFor('destroyed');
  }

  /** Closes in good order: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---------------------------------------------------------------- looking

  /** Whether messages can be sent. */
  get writable(): boolean {
    return this.state === State.Open;
  }

  /** Bytes that were sent and have not been handed to the kernel. */
  get bufferedBytes(): number {
    return this.writes.buffered;
  }

  /**
   * The TLS stream that it is on, to be asked for `getPeerCertificate()`, `alpnProtocol`, `servername` ...; undefined while it is not
   * encrypted. Reading and writing are the connection's.
   */
  get tls(): TLSSocket | undefined {
    const { transport } = this;
    return transport instanceof TLSSocket ? transport : undefined;
  }

  /**
   * IP address of the peer, or of whom a trusted proxy has connected for; undefined for unix sockets and streams that are no sockets.
   */
  get remoteAddress(): string | undefined {
    const source = this.proxyHeader?.source;
    return source === undefined ? socketOf(this.transport)?.remoteAddress : addressOf(source);
  }

  /** Port of the peer, or of whom a trusted proxy has connected for; undefined where {@link remoteAddress} is, or is a path. */
  get remotePort(): number | undefined {
    const source = this.proxyHeader?.source;
    return source === undefined ? socketOf(this.transport)?.remotePort : source.port;
  }

  /**
   * IP address of this end, or what the peer of a trusted proxy had connected to; undefined for unix sockets and streams that are no
   * sockets.
   */
  get localAddress(): string | undefined {
    const destination = this.proxyHeader?.destination;
    return destination === undefined ? socketOf(this.transport)?.localAddress : addressOf(destination);
  }

  /** Port of this end, or what the peer of a trusted proxy had connected to; undefined where {@link localAddress} is, or is a path. */
  get localPort(): number | undefined {
    const destination = this.proxyHeader?.destination;
    return destination === undefined ? socketOf(this.transport)?.localPort : destination.port;
  }

  /** What it has carried so far, as a new object. */
  get counters(): ConnectionCounters {
    const reads = this.reads;
    const writes = this.writes;
    return { bytesIn: reads.bytes, bytesOut: writes.bytes, messagesIn: reads.messages, messagesOut: writes.messages };
  }

  /** What a message is, in words, and whether its bytes are nobody's business: what the codec's `describe` says. */
  describe(message: In | Out): Description {
    const said = this.codec?.describe?.(message) ?? inspect(message, { breakLength: Infinity, depth: 3 });
    return typeof said === 'string' ? { text: said, secret: false } : said;
  }

  static {
    // What `console.log` shows: who it is and how it is, instead of its insides.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: Connection<unknown>): string {
        const state = this.closeReason ?? (this.writable ? 'open' : 'ended');
        return `Connection <${[this.name, this.remoteAddress, state].filter((part) => part !== undefined).join(', ')}>`;
      },
    });
  }
}

/** The IP address that a proxy has told; the path of a unix socket is none. */
function addressOf({ address, port }: ProxyEndpoint): string | undefined {
  return port === undefined ? undefined : address;
}
