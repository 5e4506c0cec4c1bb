import {
  Backoff,
  ClosedError,
  type CloseOptions,
  type CloseResult,
  ConnectionLostError,
  type Exchange,
  graceOf,
  HookError,
  type PoolCounters,
  PoolTimeoutError,
  QueueFullError,
  type RequestOptions,
  RequestTimeoutError,
  waitFor,
} from '@wirewright/core';

import type { AnyBatch } from './batch.ts';
import type { CallOptions } from './call-options.ts';
import { type AnyCall, ignore, promised } from './call.ts';
import { memcachedChannels } from './channels.ts';
import { connectAlone } from './connect-alone.ts';
import { type CallCounters, callCounters } from './counters.ts';
import type { Dialect } from './dialect/dialect.ts';
import type { ServerInfo } from './distribution/distribution.ts';
import { LoginError, ServerDownError } from './errors.ts';
import type { ServerSettings } from './options.ts';
import type { ReadyServer } from './places.ts';
import { ServerPool } from './server-pool.ts';

/** Milliseconds for which a server has to be up before the pauses start small again. */
const STABLE = 10_000;

/** Milliseconds that a call may take as a rule, where there is no rule. */
const UNHURRIED = 2000;

/**
 * One server as a client sees it: its connections, the batch that fills in this turn, and whether it is up.
 *
 * Failures in a row eject it: its connections are closed, and what is asked of it fails at once, while one connection at a time tries, after pauses that grow,
 * whether it is back.
 */
export class RemoteServer {
  readonly info: ServerInfo;
  readonly dialect: Dialect;
  readonly counters: CallCounters = callCounters();
  /** Seconds that what is stored here lives at most; Infinity for as long as it likes. */
  readonly maxTtl: number;
  readonly #settings: ServerSettings;
  readonly #place: ReadyServer;
  readonly #changed: () => void;
  readonly #usual: RequestOptions;
  /** Milliseconds that a server has had to answer at least, for its silence to count against it. */
  readonly #patience: number;
  readonly #backoff: Backoff;
  readonly #pool: ServerPool;
  #batch: AnyBatch | undefined = undefined;
  readonly #load = { waiting: 0 };
  /** Called when nobody waits for an answer any more. */
  readonly #onIdle = new Set<() => void>();
  /** Failures in a row; those of one turn of the event loop are one: they have one cause. */
  #failures = 0;
  #counted = false;
  /** Why it is down. */
  #down: unknown = undefined;
  #closed = false;
  #cancelProbe: (() => void) | undefined = undefined;
  /** When it has come up last. */
  #upSince: number;

  /** @param changed called when it has gone down, or come back */
  constructor(place: ReadyServer, settings: ServerSettings, maxTtl: number, changed: () => void) {
    this.info = place.info;
    this.maxTtl = maxTtl;
    this.#place = place;
    this.#settings = settings;
    this.#changed = changed;
    this.#usual = { timeout: settings.timeout };
    this.#patience = (settings.timeout === false ? UNHURRIED : settings.timeout) / 4;
    this.#backoff = new Backoff(settings.reconnect);
    this.#upSince = settings.clock.now();
    this.dialect = settings.dialect((call) => this.#postQuietly(call));
    this.#pool = new ServerPool(place, settings, this.dialect);
  }

  get name(): string {
    return this.info.name;
  }

  get isDown(): boolean {
    return this.#down !== undefined;
  }

  /** Why it is down. */
  get downError(): unknown {
    return this.#down;
  }

  get pool(): PoolCounters {
    return this.#pool.counters;
  }

  // ---------------------------------------------------------------- asking

  /**
   * Sends a command, with those of the same turn unless it has a signal or a timeout of its own.
   *
   * @throws {ServerDownError} the server is ejected
   * @throws {QueueFullError} too many calls wait for it
   * @throws {ClosedError} the client is closed
   */
  ask<T>(call: AnyCall, options: CallOptions): Promise<T> {
    const promise = promised<T>(call);
    if (options.signal === undefined && options.timeout === undefined) this.add(call);
    else this.askAll([call], options);
    return promise;
  }

  /** Sends a command with those of the same turn; whoever waits for it is in it already. */
  add(call: AnyCall): void {
    this.#admit(1);
    if (memcachedChannels.command.hasSubscribers) this.#observe(call);
    let batch = this.#batch;
    if (batch === undefined) {
      batch = this.#batch = this.dialect.batch();
      // When all that this turn has resumed has run: later than a microtask, and before the write of the turn.
      process.nextTick(this.#flush);
    }
    call.counters = this.counters;
    batch.add(call);
    if (batch.full) this.#flush();
  }

  /** Sends commands together, with `options` for all of them. */
  askAll(calls: readonly AnyCall[], options: CallOptions): void {
    this.#admit(calls.length);
    this.#flush();
    const { timeout = this.#settings.timeout, signal } = options;
    let batch = this.dialect.batch();
    for (const call of calls) {
      if (batch.full) {
        this.#send(batch, { timeout, signal });
        batch = this.dialect.batch();
      }
      if (memcachedChannels.command.hasSubscribers) this.#observe(call);
      call.counters = this.counters;
      batch.add(call);
    }
    this.#send(batch, { timeout, signal });
  }

  /** Sends a command that nobody waits for, and resolves at once. */
  post<T>(call: AnyCall): Promise<T> {
    call.unanswered = true;
    call.resolve = ignore;
    call.reject = ignore;
    this.add(call);
    return DONE as Promise<T>;
  }

  /** A connection that nobody else uses, logged in, whose messages are those of the protocol. */
  connect({ signal }: Pick<CallOptions, 'signal'>): Promise<Exchange<unknown, unknown>> {
    if (this.#closed) throw new ClosedError('the client');
    const { credentials, frames, connection } = this.#settings;
    const login = credentials === undefined ? undefined : this.dialect.login(credentials);
    return connectAlone(frames, connection, this.#place.connect, { signal }, login);
  }

  /** The same for the dialect, which has nobody to tell. */
  #postQuietly(call: AnyCall): void {
    try {
      void this.post(call);
    } catch {
      // The server is down, or too much waits for it.
    }
  }

  #admit(calls: number): void {
    if (this.#closed) throw new ClosedError('the client');
    if (this.#down !== undefined) throw new ServerDownError(this.name, this.#down);
    const { maxWaiting } = this.#settings;
    if (this.#load.waiting + calls > maxWaiting) throw new QueueFullError(maxWaiting, `calls wait for ${this.name}`);
    this.#load.waiting += calls;
    this.counters.calls += calls;
  }

  readonly #flush = (): void => {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#send(batch, this.#usual);
  };

  #send(batch: AnyBatch, options: RequestOptions): void {
    batch.load = this.#load;
    batch.seal();
    this.#pool.request(batch, options).then(
      () => {
        this.#failures = 0;
        return this.#settled();
      },
      (error: unknown) => {
        this.#failed(batch, error, options);
        this.#settled();
      },
    );
  }

  #settled(): void {
    if (this.#load.waiting === 0) for (const done of this.#onIdle) done();
  }

  #observe(call: AnyCall): void {
    const startedAt = performance.now();
    const { resolve, reject } = call;
    const seen = { server: this.name, request: call.request, startedAt };
    call.resolve = (result) => {
      memcachedChannels.command.publish({ ...seen, duration: performance.now() - startedAt, result });
      resolve(result);
    };
    call.reject = (error) => {
      memcachedChannels.command.publish({ ...seen, duration: performance.now() - startedAt, error });
      reject(error);
    };
  }

  // ---------------------------------------------------------------- up and down

  #failed(batch: AnyBatch, thrown: unknown, { timeout, signal }: RequestOptions): void {
    const error = thrown instanceof HookError && thrown.cause instanceof LoginError ? thrown.cause : thrown;
    const late = error instanceof RequestTimeoutError || error instanceof PoolTimeoutError;
    // What waited for a connection when the server was ejected was not sent.
    const gone = this.#down !== undefined && error instanceof ClosedError;
    const failed = batch.fail(gone ? new ServerDownError(this.name, this.#down) : error);
    if (late) this.counters.timeouts += failed;
    else if (signal?.aborted === true && error === signal.reason) this.counters.aborts += failed;
    else this.counters.lost += failed;
    // That somebody is in a hurry says nothing of the server.
    const hurried = late && typeof timeout === 'number' && timeout < this.#patience;
    if (hurried || !isServerFault(error)) return;
    this.#countFailure(error);
  }

  #countFailure(error: unknown): void {
    if (this.#counted || this.#down !== undefined || this.#closed) return;
    this.#counted = true;
    setImmediate(() => {
      this.#counted = false;
    });
    if (++this.#failures >= this.#settings.failures) this.#eject(error);
  }

  #eject(error: unknown): void {
    this.#down = error;
    this.counters.ejections++;
    this.#flush();
    this.#pool.breakOff();
    memcachedChannels.serverDown.publish({ server: this.name, error });
    this.#changed();
    if (this.#settings.clock.now() - this.#upSince >= STABLE) this.#backoff.reset();
    this.#probeLater();
  }

  #probeLater(): void {
    if (this.#closed) return;
    this.#cancelProbe = this.#settings.clock.after(this.#backoff.next(), () => void this.#probe());
  }

  async #probe(): Promise<void> {
    try {
      await this.#pool.restart();
    } catch (error) {
      this.#pool.breakOff();
      if (this.#closed) return;
      this.#down = error;
      this.#probeLater();
      return;
    }
    this.#down = undefined;
    this.#failures = 0;
    this.#upSince = this.#settings.clock.now();
    memcachedChannels.serverUp.publish({ server: this.name });
    this.#changed();
  }

  // ---------------------------------------------------------------- ending

  /** Takes no more calls, and resolves when those that it has are answered or the grace is over. */
  async close(options: CloseOptions): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#flush();
    this.#closed = true;
    this.#cancelProbe?.();
    // A pool that closes makes no more connections: those who wait for the first one get it before.
    const rest = await waitFor((done) => this.#whenIdle(done), grace, this.#settings.clock);
    const closed = await this.#pool.close(rest);
    // What was broken off is about to be rejected.
    await new Promise<void>((resolve) => this.#whenIdle(resolve));
    return closed;
  }

  #whenIdle(done: () => void): void {
    if (this.#load.waiting === 0) done();
    else this.#onIdle.add(done);
  }

  /** Breaks off its connections; calls under way reject. */
  destroy(): void {
    this.#closed = true;
    this.#flush();
    this.#cancelProbe?.();
    this.#pool.destroy();
  }
}

const DONE: Promise<unknown> = Promise.resolve();

/** Reasons for a connection to be lost that are not the server's. */
const OURS: ReadonlySet<string> = new Set(['local', 'destroyed', 'shutdown', 'encode-error']);

/** Whether an error says that the server, or the way to it, does not work. */
function isServerFault(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return !OURS.has(error.reason);
  if (error instanceof RequestTimeoutError || error instanceof PoolTimeoutError) return true;
  if (error instanceof LoginError) return true;
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^WIRE_(?:CONNECT|TLS|SOCKET|HANDSHAKE)/.test(code);
}
