import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { RecordableHistogram } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';

import { describeCause, InvalidOptionError, WireError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import type { ProxyHeader } from '../codec/proxy/header.ts';
import { channels, type ConnectionRefused } from '../connection/channels.ts';
import { checkBytes } from '../connection/check-bytes.ts';
import { closeAll, type CloseOptions, type CloseResult, type Grace, graceOf } from '../connection/close-all.ts';
import { Connection } from '../connection/connection.ts';
import { createCodec } from '../connection/create-codec.ts';
import { HookHost } from '../connection/hook-host.ts';
import { callUnheard, declared } from '../connection/hooks.ts';
import { isOwned } from '../connection/life.ts';
import { type ConnectionSettings, connectionSettings } from '../connection/options.ts';
import { checkPlace, placeOf } from '../connection/place.ts';
import { type NetSocketOptions, netSocketOptions } from '../connection/socket-options.ts';
import { Sweep } from '../connection/sweep.ts';
import { waiting } from '../connection/waiting.ts';
import { ClosedError, HandshakeTimeoutError, RefusedError, UnavailableError } from '../errors.ts';
import { histogramOf, type LatencyRecorder, latencyRecorder, timed } from '../observe/latency.ts';
import { Traffic, type TrafficCounters } from '../observe/traffic.ts';
import { AcceptTrouble } from './accept-trouble.ts';
import { Admission } from './admission.ts';
import { DescriptorReserve } from './descriptor-reserve.ts';
import { Entrance, ENTRANCE_OPTIONS, type EntranceOptions } from './entrance.ts';
import { Listeners } from './listeners.ts';
import { checkMode, LISTEN_OPTIONS, listening, type ListenOptions } from './listening.ts';
import { onStopSignals } from './on-stop-signals.ts';
import { OWN_OPTIONS, type ServerOptions } from './options.ts';
import { takeListener } from './take-listener.ts';

/** What a server has done so far. */
export interface ServerCounters extends TrafficCounters {
  /** Connections that `onConnect` was called for, open and closed. */
  readonly accepted: number;
  /** Sockets that were destroyed instead, for one of the reasons that `onRefuse` is told. */
  readonly refused: number;
}

/**
 * Accepts connections and runs a codec and hooks on each.
 *
 * ```ts
 * const server = new Server({ codec: line() }).onRead((connection, message) => connection.send(message));
 * await server.listen({ port: 9991 });
 * ```
 */
export class Server<In = unknown, Out = In, Data = unknown> extends HookHost<In, Out, Data> {
  /** How long `onRead` took, in nanoseconds, when the `latency` option is true or a histogram of `node:perf_hooks`. */
  readonly latency: RecordableHistogram | undefined;
  readonly #recorder: LatencyRecorder | undefined;
  readonly #settings: ConnectionSettings<In, Out, Data>;
  readonly #socketOptions: NetSocketOptions;
  readonly #listeners = new Listeners();
  readonly #connections = new Set<Connection<In, Out, Data>>();
  /** Sockets at an entrance, which are no connections yet. */
  readonly #entering = new Map<Socket, Promise<void>>();
  readonly #admission: Admission;
  readonly #reserve: DescriptorReserve;
  readonly #trouble: AcceptTrouble;
  readonly #traffic = new Traffic();
  /** Whether connections are accepted: until shortly after the close has begun. */
  #accepting = true;
  /** Sockets that came. */
  #arrived = 0;
  #accepted = 0;
  #refused = 0;
  #closing: Promise<CloseResult> | undefined = undefined;
  readonly #closed = waiting<CloseResult>();
  #removeSignals: (() => void) | undefined = undefined;
  #onRefuse: ((refused: ConnectionRefused) => unknown) | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range, or `codec` makes no codec */
  constructor(options: ServerOptions<In, Out, Data> = {}) {
    super();
    const { codec } = options;
    const settings = connectionSettings('new Server()', 'server', codec, this.hooks, options, OWN_OPTIONS);
    if (codec !== undefined) createCodec(codec);
    this.#settings = { ...settings, onClosed: (connection) => this.#forget(connection) };
    this.#socketOptions = netSocketOptions(options);
    this.#recorder = latencyRecorder(options.latency);
    this.latency = histogramOf(this.#recorder);
    this.#admission = new Admission(options);
    this.#trouble = new AcceptTrouble(settings.clock);
    this.#reserve = new DescriptorReserve(settings.clock, (error) => this.#trouble.report(error));
  }

  override onRead(hook: (connection: Connection<In, Out, Data>, message: In) => unknown): this {
    const recorder = this.#recorder;
    return super.onRead(recorder === undefined || typeof hook !== 'function' ? hook : timed(hook, recorder));
  }

  /**
   * A socket was destroyed instead of being served: it is above a limit, its address is denied, its TLS handshake or PROXY header failed
   * or took too long, or the server is closing. No other hook is called for it. What `hook` throws is a process warning.
   */
  onRefuse(hook: (refused: ConnectionRefused) => unknown): this {
    this.#onRefuse = declared('onRefuse', this.#onRefuse, hook);
    return this;
  }

  /** The connections that are open now. */
  get connections(): ReadonlySet<Connection<In, Out, Data>> {
    return this.#connections;
  }

  /** What all its connections have carried so far, and how they ended. Added up when it is read. */
  get counters(): ServerCounters {
    return { accepted: this.#accepted, refused: this.#refused, ...this.#traffic.counters(this.#connections) };
  }

  /** Where the server listens first: address and port, or the path of a unix socket; undefined while it does not. */
  get address(): AddressInfo | string | undefined {
    return this.addresses[0];
  }

  /** All places where it listens, in the order in which it began to. */
  get addresses(): (AddressInfo | string)[] {
    return this.#listeners.addresses;
  }

  /** The TCP port it listens on; undefined while it listens on none. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === 'object' ? address.port : undefined;
  }

  /** The port of the protocol, where `listen()` is told of none: for servers of a protocol that has one. */
  protected get usualPort(): number | undefined {
    return undefined;
  }

  /**
   * Listens on a port or path; may be called for several. Resolves with this server when it does.
   *
   * @param place `'127.0.0.1:9991'`, `'/run/echo.sock'`, `{ port: 9991 }`, `{ host, port, tls }`, `{ path, mode }` ...
   * @throws {InvalidOptionError} (rejects) it is no place, or an impossible one
   * @throws {AddressInUseError} (rejects) somebody listens there
   * @throws {ListenError} (rejects) it cannot listen there for another reason
   */
  async listen(place: string | ListenOptions): Promise<this> {
    const options: ListenOptions = placeOf('listen()', place, this.usualPort);
    checkPlace('listen()', options, LISTEN_OPTIONS, 0);
    checkMode(options);
    const entrance = Entrance.of(options);
    if (options.backlog !== undefined) integerOption('backlog', options.backlog, 1, 65_535);
    if (this.#closing !== undefined) throw new ClosedError('the server');
    const listener = createServer(this.#socketOptions);
    // Before it listens: the primary of a cluster may pass connections on together with the news that it does.
    this.#receive(listener, entrance);
    await listening(listener, options);
    // It may have been closed meanwhile.
    if (this.#closing !== undefined) {
      listener.close();
      throw new ClosedError('the server');
    }
    this.#attach(listener);
    return this;
  }

  /**
   * Serves the connections of a listener that exists, and owns it from here on: `close()` closes it. It may be one of `node:tls`.
   *
   * @throws {InvalidOptionError} it is no listener, or one that is served already; an option is unknown, or goes with no listener of this kind
   */
  serve(listener: NetServer, options: EntranceOptions = {}): this {
    knownOptions('serve()', options, ENTRANCE_OPTIONS);
    const entrance = Entrance.of(options, listener);
    if (this.#closing !== undefined) throw new ClosedError('the server');
    takeListener(listener);
    const { noDelay, keepAlive, keepAliveInitialDelay } = this.#socketOptions;
    listener.on('connection', (socket) => {
      socket.setNoDelay(noDelay);
      socket.setKeepAlive(keepAlive, keepAliveInitialDelay);
    });
    this.#receive(listener, entrance);
    this.#attach(listener);
    return this;
  }

  /**
   * Serves a stream of bytes that exists, as if somebody had connected: one end of a pair, or the channel of a tunnel. The server owns it from
   * here on. No limit counts for it, as it is the program's own doing.
   *
   * @throws {InvalidOptionError} it is no stream of bytes, or has a connection already
   * @throws {ClosedError} the server is closed
   */
  attach(stream: Duplex): Connection<In, Out, Data> {
    checkBytes(stream);
    if (isOwned(stream)) throw new InvalidOptionError('this stream has a connection already');
    if (!this.#accepting) throw new ClosedError('the server');
    return this.#open(stream);
  }

  /**
   * Closes the listeners, once those are accepted who have connected by now: nobody else can connect, the connections that there are go on.
   * It can listen elsewhere afterwards.
   */
  async stopListening(): Promise<void> {
    await this.#listeners.stop(() => (this.#accepting ? this.#arrived : undefined));
  }

  /**
   * Stops accepting, answers every complete request that was received, closes, and destroys what is left when the grace is over.
   * Resolves with counts when the last connection is gone. A second call gets the same promise and its options do not count;
   * {@link destroy} does not wait.
   *
   * @throws {InvalidOptionError} `grace` is out of range, or `signal` is none
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  /** Resolves with the counts when the server has closed, whoever closed it. */
  get closed(): Promise<CloseResult> {
    return this.#closed.promise;
  }

  /** Stops accepting and destroys every connection at once. */
  destroy(): void {
    this.#closing ??= this.#close({ delay: 0 });
    this.#accepting = false;
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#entering.keys()) socket.destroy();
  }

  /**
   * Closes the server on the first of `signals`, and destroys what is left on the second. The process ends by itself when nothing
   * else keeps it alive; {@link closed} tells when the server has.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  closeOnSignals(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'], options: CloseOptions = {}): this {
    graceOf(options);
    this.#removeSignals?.();
    this.#removeSignals = onStopSignals(
      signals,
      () => (this.#closing === undefined ? this.close(options) : this.destroy()),
      () => this.destroy(),
    );
    return this;
  }

  /** {@link close}, with the default grace: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Serves what comes to `listener`. */
  #receive(listener: NetServer, entrance: Entrance | undefined): void {
    listener.on('connection', (socket) => {
      if (!this.#admit(socket, entrance?.proxies !== undefined)) return;
      if (entrance === undefined) this.#open(socket);
      else this.#entering.set(socket, this.#enter(socket, entrance));
    });
  }

  /** Has `listener`, which listens by now, closed with this server. */
  #attach(listener: NetServer): void {
    this.#listeners.add(listener);
    // Without a listener an error would end the process.
    listener.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'accept') this.#trouble.report(error);
      else process.emitWarning(error);
    });
    this.#reserve.start();
  }

  /** Whether `socket` may be served; destroys it if not. */
  #admit(socket: Socket, proxied: boolean): boolean {
    this.#arrived++;
    const { filled } = this.#reserve;
    let refused: WireError | undefined;
    if (!this.#accepting) refused = closingError();
    else if (filled) refused = this.#admission.admit(socket, proxied);
    else refused = new UnavailableError('out of file descriptors');
    if (refused === undefined) return true;
    this.#refuse(socket, refused);
    if (!filled) this.#reserve.restore();
    return false;
  }

  /** Has `socket` pass an entrance; then it is a connection. */
  async #enter(socket: Socket, entrance: Entrance): Promise<void> {
    const { clock, deadlines } = this.#settings;
    let late: HandshakeTimeoutError | undefined;
    const cancel =
      deadlines.handshake === 0
        ? undefined
        : Sweep.of(clock).after(deadlines.handshake, () => {
            late = new HandshakeTimeoutError(deadlines.handshake, entrance.what);
            socket.destroy();
          });
    try {
      const { stream, header } = await entrance.pass(socket, ({ source }) => {
        // A unix socket has no address that could be counted or denied.
        const refused = source?.port === undefined ? undefined : this.#admission.announce(socket, source.address);
        if (refused !== undefined) throw refused;
      });
      // The server may have begun to close meanwhile.
      if (!this.#accepting) throw closingError();
      this.#open(stream, header);
    } catch (error) {
      this.#refuse(socket, late ?? (this.#accepting ? wireError(error) : closingError()));
    } finally {
      cancel?.();
      this.#entering.delete(socket);
    }
  }

  #refuse(socket: Socket, error: WireError): void {
    this.#refused++;
    const refused: ConnectionRefused = {
      error,
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      localPort: socket.localPort,
    };
    socket.destroy();
    if (channels.connectionRefuse.hasSubscribers) channels.connectionRefuse.publish(refused);
    if (this.#onRefuse !== undefined) callUnheard('onRefuse', () => this.#onRefuse?.(refused));
  }

  #open(stream: Duplex, header?: ProxyHeader): Connection<In, Out, Data> {
    this.#accepted++;
    const connection = new Connection<In, Out, Data>(stream, this.#settings, header);
    this.#connections.add(connection);
    this.connectionOpened(connection);
    void connection.open();
    return connection;
  }

  #forget(connection: Connection<In, Out, Data>): void {
    this.#connections.delete(connection);
    this.#traffic.add(connection);
    this.connectionClosed(connection);
  }

  /** For servers of one protocol, which leave the hooks to their users: called before `onConnect`. */
  protected connectionOpened(_connection: Connection<In, Out, Data>): void {}

  /** Called before `onClose`. */
  protected connectionClosed(_connection: Connection<In, Out, Data>): void {}

  async #close(grace: Grace): Promise<CloseResult> {
    const result = await closeAll(this.#connections, grace, this.#settings.clock, {
      stop: () => this.#stopAccepting(),
      destroy: () => {
        this.#accepting = false;
        for (const connection of this.#connections) connection.destroy();
        for (const socket of this.#entering.keys()) socket.destroy();
      },
    });
    this.#removeSignals?.();
    this.#closed.resolve(result);
    return result;
  }

  /** Resolves with promises of the listeners' ends. */
  async #stopAccepting(): Promise<readonly Promise<unknown>[]> {
    await this.stopListening();
    this.#accepting = false;
    // Nobody who still shakes hands has been received from.
    const entering = [...this.#entering.values()];
    for (const socket of this.#entering.keys()) socket.destroy();
    this.#reserve.stop();
    await Promise.all(entering);
    return this.#listeners.ends;
  }
}

function closingError(): UnavailableError {
  return new UnavailableError('the server is closing');
}

function wireError(error: unknown): WireError {
  return error instanceof WireError ? error : new RefusedError(describeCause(error), { cause: error });
}
