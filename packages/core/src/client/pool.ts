import { setMaxListeners } from 'node:events';
import type { RecordableHistogram } from 'node:perf_hooks';

import { InvalidOptionError, type WireError } from '../codec/errors.ts';
import { channels } from '../connection/channels.ts';
import { closeAll, type CloseOptions, type CloseResult, type Grace, graceOf } from '../connection/close-all.ts';
import type { Connection } from '../connection/connection.ts';
import { hookError } from '../connection/hooks.ts';
import { Check, COARSENESS, Sweep } from '../connection/sweep.ts';
import { ClosedError } from '../errors.ts';
import { Exchange } from '../exchange/exchange.ts';
import { type RequestOptions, requestTimeout } from '../exchange/options.ts';
import { Pipeline } from '../exchange/pipeline.ts';
import { histogramOf } from '../observe/latency.ts';
import { Backoff } from './backoff.ts';
import { dial } from './dial.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { PoolMember } from './pool-member.ts';
import { type PoolOptions, type PoolSettings, poolSettings } from './pool-options.ts';
import { type Task, Waiters } from './waiters.ts';

/** Milliseconds for which a connection that is being made is better than one that may be dead. */
const SOON = 1000;

/** Milliseconds after an attempt that failed in which nobody needs another to know that it would. */
const AGAIN = 50;

/** Milliseconds for which a connection has to hold before the pauses start small again. */
const STABLE = 10_000;

/**
 * Connections to one place, made when they are needed, and requests on whichever of them has room.
 *
 * ```ts
 * const pool = new Client({ codec: line() }).pool({ port: 9991 }, { maxConnections: 4 });
 * const reply = await pool.request('get key', (frame) => frame);
 * ```
 *
 * A connection is filled to its window before the next one is used, so that as few are open as the load needs. Requests that find no
 * room wait, in order, for a bounded time; the connections that they need are made meanwhile. A connection that breaks is never used
 * again; the requests on it are rejected, and nothing is sent twice.
 */
export class Pool<In, Out = In> {
  readonly #settings: PoolSettings<In, Out>;
  readonly #sweep: Sweep;
  /** Those that requests can be made on. */
  readonly #members = new Set<PoolMember<In, Out>>();
  /** All that are not closed, those that are closing included. */
  readonly #connections = new Set<Connection<In, Out>>();
  readonly #waiters: Waiters<PoolMember<In, Out>>;
  readonly #backoff = new Backoff();
  readonly #idleness: Check = new Check((now) => this.#closeIdle(now));
  /** Aborted when the pool is closed. */
  readonly #stop = new AbortController();
  #dialing = 0;
  #dialedAt = 0;
  /** Whether the last attempt to make a connection failed. */
  #failing = false;
  #failure: WireError | undefined = undefined;
  #failedAt = 0;
  /** Ends the pause before connections are made again. */
  #cancelPause: (() => void) | undefined = undefined;
  #closing: Promise<CloseResult> | undefined = undefined;
  readonly #counters = { dialed: 0, dialFailures: 0, closed: 0 };
  /** @internal Called when the pool is closed. */
  onClose: (() => void) | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: PoolOptions<In, Out>) {
    this.#settings = poolSettings(options);
    const { clock, waitTimeout, maxWaiting } = this.#settings;
    this.#sweep = Sweep.of(clock);
    this.#waiters = new Waiters(this.#sweep, waitTimeout, maxWaiting);
    // Each dial listens.
    setMaxListeners(0, this.#stop.signal);
    this.#keepMinimum();
  }

  // ---------------------------------------------------------------- asking

  /**
   * Sends a request on a connection that has room; see {@link Exchange.request}. A `timeout` of its own includes the time that it waits
   * for one.
   *
   * @throws {PoolTimeoutError} (rejects) no connection had room within `waitTimeout`
   * @throws {QueueFullError} (rejects) too many requests wait for one already
   * @throws {ConnectError} (rejects) there is no connection, and none can be made
   * @throws {ClosedError} (rejects) the pool is closed
   * @throws as {@link Exchange.request} does
   */
  request<R>(message: Out, collect: (frame: In) => R | undefined, options: RequestOptions = {}): Promise<R> {
    return this.#run(({ exchange }, left) => exchange.request(message, collect, left), options) as Promise<R>;
  }

  /** Sends a message that is not answered, on a connection that has room; see {@link Exchange.send}. */
  send(message: Out, options: RequestOptions = {}): Promise<void> {
    const sent = this.#run(({ exchange }, left) => exchange.send(message, left), options);
    sent.catch(() => {});
    return sent as Promise<void>;
  }

  /** Gathers requests that are to be sent on one connection, one right behind the other. */
  pipeline(): Pipeline<In, Out> {
    return new Pipeline(
      <R>(run: (exchange: Exchange<In, Out>, left: RequestOptions) => Promise<R>, options: RequestOptions) =>
        this.#run(({ exchange }, left) => run(exchange, left), options) as Promise<R>,
    );
  }

  /**
   * Calls `task` with an exchange that has room for a request, and resolves as it does. `timeout` and `signal` are for the waiting.
   *
   * @throws as {@link request} does, without what the exchange throws
   */
  async use<R>(task: (exchange: Exchange<In, Out>) => Promise<R>, options: RequestOptions = {}): Promise<R> {
    if (typeof task !== 'function') throw new InvalidOptionError('use() takes a function: use((exchange) => ...)');
    requestTimeout(options, 0);
    options.signal?.throwIfAborted();
    const run = async (member: PoolMember<In, Out>): Promise<R> => {
      member.users++;
      try {
        return await task(member.exchange);
      } finally {
        member.users--;
      }
    };
    return this.#run(run, options) as Promise<R>;
  }

  // ---------------------------------------------------------------- ending

  /**
   * Takes no more requests, rejects those that wait for a connection, closes each connection when its replies have come, and destroys
   * what is left when the grace is over. A second call gets the same promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  /** Destroys all connections at once. */
  destroy(): void {
    void this.close();
    for (const connection of this.#connections) connection.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---------------------------------------------------------------- looking

  /** What there is now, and what has been so far. Added up when it is read. */
  get counters(): PoolCounters {
    let inFlight = 0;
    for (const { exchange } of this.#members) inFlight += exchange.inFlight + exchange.waiting;
    return {
      open: this.#members.size,
      dialing: this.#dialing,
      waiting: this.#waiters.length,
      inFlight,
      ...this.#counters,
    };
  }

  /** How long replies took, in nanoseconds, when the `latency` option is true or a histogram of `node:perf_hooks`. */
  get latency(): RecordableHistogram | undefined {
    return histogramOf(this.#settings.latency);
  }

  // ---------------------------------------------------------------- giving work out

  #run(task: Task<PoolMember<In, Out>>, options: RequestOptions): Promise<unknown> {
    if (this.#stopped) return Promise.reject(new ClosedError('the pool'));
    const member = this.#waiters.length === 0 ? this.#withRoom() : undefined;
    if (member !== undefined) {
      member.uses++;
      return task(member, options);
    }
    const waiting = this.#waiters.add(task, options);
    this.#grow();
    return waiting;
  }

  /**
   * The first connection with room: those before it are full, those behind it may become idle. One from which nothing has come since a
   * request on it was given up may be dead: it is the last resort, when no other can be had soon.
   */
  #withRoom(): PoolMember<In, Out> | undefined {
    let doubtful: PoolMember<In, Out> | undefined;
    for (const member of this.#members) {
      if (member.exchange.room === 0) continue;
      if (!member.exchange.doubtful) return member;
      doubtful ??= member;
    }
    const another =
      this.#dialing > 0
        ? this.#sweep.now() < this.#dialedAt + SOON
        : this.#members.size < this.#settings.maxConnections;
    return another && !this.#failing ? undefined : doubtful;
  }

  #dispatch(): void {
    while (this.#waiters.length > 0) {
      const member = this.#withRoom();
      if (member === undefined) return;
      member.uses++;
      this.#waiters.serve(member);
    }
  }

  // ---------------------------------------------------------------- connections

  /**
   * Makes the connections that the waiting requests need. While attempts fail only one, and after a pause: if there are connections to
   * wait for, one that grows; if there are none, a short one in which requests are told at once what the last attempt failed with.
   */
  #grow(): void {
    const { window, maxConnections } = this.#settings;
    if (this.#waiters.length === 0) return;
    if (this.#failing) {
      if (this.#cancelPause !== undefined && this.#members.size > 0) return;
      if (this.#members.size + this.#dialing === 0 && this.#sweep.now() < this.#failedAt + AGAIN) {
        this.#waiters.rejectAll(this.#failure);
        return;
      }
    }
    const wanted = this.#failing ? 1 : Math.ceil(this.#waiters.length / window);
    while (this.#dialing < wanted && this.#members.size + this.#dialing < maxConnections && !this.#stopped)
      this.#dial();
  }

  /** Makes the connections that are kept anyway; while attempts fail one at a time. */
  #keepMinimum(): void {
    if (this.#cancelPause !== undefined) return;
    while (this.#lacking && (!this.#failing || this.#dialing === 0)) this.#dial();
  }

  /** Whether connections that are kept anyway are missing. */
  get #lacking(): boolean {
    return this.#members.size + this.#dialing < this.#settings.minConnections && !this.#stopped;
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #dial(): void {
    this.#dialing++;
    this.#dialedAt = this.#sweep.now();
    const cancel = this.#sweep.after(SOON, () => this.#dispatch());
    const { dialer, dialTimeout } = this.#settings;
    dial<In, Out>(dialer, dialTimeout, this.#sweep, this.#stop.signal, {
      prepare: (connection) => this.#prepare(connection),
      made: (exchange) => {
        cancel();
        this.#dialing--;
        this.#add(exchange);
      },
      failed: (error) => {
        cancel();
        this.#dialing--;
        this.#dialFailed(error);
      },
    });
  }

  async #prepare(connection: Connection<In, Out>): Promise<Exchange<In, Out>> {
    const { exchange: options, onConnect } = this.#settings;
    // Unless the dialer returned one that is in use here already.
    const owned = this.#connections.has(connection);
    let exchange: Exchange<In, Out>;
    try {
      if (connection.kept)
        throw new InvalidOptionError('a pool makes its connections anew itself: dial without `reconnect`');
      exchange = new Exchange(connection, options);
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
      await onConnect?.(exchange);
    } catch (error) {
      if (!owned) connection.destroy();
      throw hookError('onConnect', error);
    }
    return exchange;
  }

  #add(exchange: Exchange<In, Out>): void {
    this.#counters.dialed++;
    const now = this.#sweep.now();
    const member: PoolMember<In, Out> = { exchange, madeAt: now, users: 0, uses: 0, usesBefore: 0, idleSince: now };
    this.#members.add(member);
    exchange.onChange = () => this.#changed(member);
    if (this.#settings.idleTimeout > 0 && this.#idleness.at === Infinity) {
      this.#sweep.set(this.#idleness, this.#settings.idleTimeout * COARSENESS);
    }
    if (this.#failing) {
      this.#failing = false;
      this.#endPause();
      this.#keepMinimum();
    }
    this.#changed(member);
  }

  #changed(member: PoolMember<In, Out>): void {
    if (!member.exchange.open && this.#members.delete(member)) {
      this.#counters.closed++;
      // It may have been ended only, by a task that had it.
      void member.exchange.connection.close({ drain: true });
      this.#lost(member);
    }
    this.#dispatch();
    this.#grow();
  }

  #lost({ madeAt, exchange: { connection } }: PoolMember<In, Out>): void {
    if (this.#stopped) return;
    if (this.#sweep.now() - madeAt >= STABLE) this.#backoff.reset();
    if (this.#lacking) this.#pause(connection.error ?? new ClosedError(connection.name));
  }

  #dialFailed(error: WireError): void {
    this.#counters.dialFailures++;
    if (this.#stopped) return;
    this.#failing = true;
    this.#failure = error;
    this.#failedAt = this.#sweep.now();
    this.#dispatch();
    // Nobody is left to wait for: better to say so than to let them wait for the next failure.
    if (this.#members.size + this.#dialing === 0) this.#waiters.rejectAll(error);
    if (this.#lacking || this.#waiters.length > 0) this.#pause(error);
  }

  /** Makes no connection for a while, unless a request would have to wait for nothing. */
  #pause(error: unknown): void {
    if (this.#cancelPause !== undefined) return;
    const delay = this.#backoff.next();
    if (channels.clientRetry.hasSubscribers) {
      channels.clientRetry.publish({ attempt: this.#backoff.failures, delay, error });
    }
    this.#cancelPause = this.#sweep.after(delay, () => {
      this.#cancelPause = undefined;
      this.#keepMinimum();
      this.#grow();
    });
  }

  #endPause(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #closeIdle(now: number): number {
    const { idleTimeout, minConnections } = this.#settings;
    for (const member of this.#members) {
      const { exchange } = member;
      if (member.uses !== member.usesBefore || member.users > 0 || exchange.inFlight + exchange.waiting > 0) {
        member.usesBefore = member.uses;
        member.idleSince = now;
      } else if (now - member.idleSince >= idleTimeout && this.#members.size > minConnections) {
        // Which takes it out of the members.
        void exchange.connection.close();
      }
    }
    return this.#members.size === 0 ? 0 : idleTimeout * COARSENESS;
  }

  #close(grace: Grace): Promise<CloseResult> {
    this.#stop.abort();
    this.#waiters.rejectAll(new ClosedError('the pool'));
    this.#endPause();
    this.#sweep.cancel(this.#idleness);
    this.onClose?.();
    return closeAll(this.#connections, grace, this.#settings.clock);
  }
}
