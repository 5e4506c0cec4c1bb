import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import { type Clock, systemClock } from '../connection/clock.ts';
import { closeAll, type CloseOptions, type CloseResult, type Grace, graceOf } from '../connection/close-all.ts';
import type { Connection } from '../connection/connection.ts';
import { MAX_DELAY, timeoutOption } from '../connection/options.ts';
import { type Alarm, Check, COARSENESS, Sweep } from '../connection/sweep.ts';
import { abortable } from '../connection/waiting.ts';
import { ClosedError, ConnectTimeoutError, PoolTimeoutError, QueueFullError } from '../errors.ts';
import { Exchange } from '../exchange/exchange.ts';
import { EXCHANGE_OPTIONS, type ExchangeOptions, exchangeSettings, type RequestOptions } from '../exchange/options.ts';
import { Pipeline } from '../exchange/pipeline.ts';
import { Slot } from '../exchange/slot.ts';
import { SlotQueue } from '../exchange/slot-queue.ts';
import { channels } from '../observe/channels.ts';
import { Backoff } from './backoff.ts';

export interface PoolOptions<In, Out = In> extends Omit<ExchangeOptions<In, Out>, 'maxWaiting'> {
  /** Makes a connection whose messages nobody takes yet, as `client.connect` does, or rejects. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  readonly dial: (options: { signal: AbortSignal }) => Promise<Connection<In, Out, any>>;
  /** Connections that are kept though nobody needs them. Default 0. */
  readonly min?: number | undefined;
  /** Connections there are at most. Default 8. */
  readonly max?: number | undefined;
  /** Milliseconds after which a connection that nobody used is closed. Default 30,000; false for never. */
  readonly idleTimeout?: number | false | undefined;
  /** Milliseconds that making a connection may take. Default 15,000. */
  readonly dialTimeout?: number | undefined;
  /** Requests that wait for a connection with room; those beyond are refused. Default 65,536. */
  readonly maxWaiting?: number | undefined;
  /** Milliseconds that a request waits for one. Default 10,000; false for as long as it takes. */
  readonly waitTimeout?: number | false | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** What a pool is doing, and has done. */
export interface PoolCounters {
  /** Connections that are open, and those that are being made. */
  readonly open: number;
  readonly dialing: number;
  /** Requests that wait for a connection with room, and those that are on the wire. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Connections made, attempts that failed, and connections that have closed since. */
  readonly dialed: number;
  readonly dialFailures: number;
  readonly closed: number;
}

type Task<In, Out> = (exchange: Exchange<In, Out>) => Promise<unknown>;

interface Member<In, Out> {
  readonly exchange: Exchange<In, Out>;
  /** How often it was given out, how often at the last look, and since when it has been idle. */
  uses: number;
  usesBefore: number;
  idleSince: number;
}

/**
 * Connections to one place, made when they are needed, and requests on whichever of them has room.
 *
 * ```ts
 * const pool = new Client({ codec: line() }).pool({ port: 9991 }, { max: 4 });
 * const reply = await pool.request('get key', (frame) => frame);
 * ```
 *
 * A connection is filled to its window before the next one is used, so that as few are open as the load needs. Requests that find no
 * room wait, in order, for a bounded time; the connections that they need are made meanwhile. A connection that breaks is never used
 * again; the requests on it are rejected, and nothing is sent twice.
 */
export class Pool<In, Out = In> {
  readonly #options: ExchangeOptions<In, Out>;
  readonly #dialer: PoolOptions<In, Out>['dial'];
  readonly #window: number;
  readonly #min: number;
  readonly #max: number;
  readonly #idleTimeout: number;
  readonly #dialTimeout: number;
  readonly #maxWaiting: number;
  readonly #waitTimeout: number;
  readonly #clock: Clock;
  readonly #sweep: Sweep;
  readonly #members = new Set<Member<In, Out>>();
  readonly #waiting = new SlotQueue<never, Task<In, Out>>();
  readonly #latency: RecordableHistogram | undefined;
  readonly #backoff = new Backoff();
  readonly #deadline: Alarm;
  readonly #idleness: Alarm;
  /** Aborted when the pool is closed. */
  readonly #stop = new AbortController();
  #dialing = 0;
  #pausing = false;
  #closing: Promise<CloseResult> | undefined = undefined;
  readonly #counters = { dialed: 0, dialFailures: 0, closed: 0 };

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: PoolOptions<In, Out>) {
    const own = ['dial', 'min', 'max', 'idleTimeout', 'dialTimeout', 'maxWaiting', 'waitTimeout', 'clock'];
    knownOptions('a pool', options, [...own, ...EXCHANGE_OPTIONS]);
    const { dial, latency, clock = systemClock, byId, window, timeout, isPush, onPush, maxPushes } = options;
    if (typeof dial !== 'function') {
      throw new InvalidOptionError(
        'a pool needs a dialer: { dial: ({ signal }) => client.connect({ port, signal }) }, or client.pool({ port })',
      );
    }
    this.#latency = latency === true ? createHistogram() : latency === false ? undefined : latency;
    this.#options = { byId, window, timeout, isPush, onPush, maxPushes, latency: this.#latency };
    this.#dialer = dial;
    this.#window = exchangeSettings('a pool', this.#options).window;
    this.#max = integerOption('max', options.max ?? Math.max(8, options.min ?? 0), 1);
    this.#min = integerOption('min', options.min ?? 0, 0, this.#max);
    this.#idleTimeout = timeoutOption('idleTimeout', options.idleTimeout ?? 30_000);
    this.#dialTimeout = integerOption('dialTimeout', options.dialTimeout ?? 15_000, 1, MAX_DELAY);
    this.#maxWaiting = integerOption('maxWaiting', options.maxWaiting ?? 65_536, 0);
    this.#waitTimeout = timeoutOption('waitTimeout', options.waitTimeout ?? 10_000);
    this.#clock = clock;
    this.#sweep = Sweep.of(clock);
    this.#deadline = new Check((now) => this.#expire(now));
    this.#idleness = new Check((now) => this.#closeIdle(now));
    this.#keepMinimum();
  }

  // ---------------------------------------------------------------- asking

  /**
   * Sends a request on a connection that has room; see {@link Exchange.request}.
   *
   * @throws {PoolTimeoutError} (rejects) no connection had room within `waitTimeout`
   * @throws {QueueFullError} (rejects) too many requests wait for one already
   * @throws {ConnectError} (rejects) there is no connection, and none can be made
   * @throws as {@link Exchange.request} does
   */
  request<R>(message: Out, collect: (frame: In) => R | undefined, options: RequestOptions = {}): Promise<R> {
    return this.use((exchange) => exchange.request(message, collect, options), options);
  }

  /** Sends a message that is not answered, on a connection that has room; see {@link Exchange.send}. */
  send(message: Out, options: RequestOptions = {}): Promise<void> {
    const sent = this.use((exchange) => exchange.send(message, options), options);
    sent.catch(() => {});
    return sent;
  }

  /** Gathers requests that are to be sent on one connection, one right behind the other. */
  pipeline(): Pipeline<In, Out> {
    return new Pipeline((run, options) => this.use(run, options));
  }

  /**
   * Calls `task` with an exchange that has room for a request, and resolves as it does. `timeout` and `signal` are for the waiting.
   *
   * @throws as {@link request} does, without what the exchange throws
   */
  use<R>(task: (exchange: Exchange<In, Out>) => Promise<R>, options: RequestOptions = {}): Promise<R> {
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#stop.signal.aborted) return Promise.reject(new ClosedError('the pool'));
    const member = this.#waiting.length === 0 ? this.#withRoom() : undefined;
    if (member !== undefined) return this.#give(member, task) as Promise<R>;
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(new QueueFullError(this.#maxWaiting));
    const slot = new Slot<never, Task<In, Out>>(this.#owner, task, undefined);
    const own = options.timeout === undefined ? 0 : timeoutOption('timeout', options.timeout);
    const limit = Math.min(own || Infinity, this.#waitTimeout || Infinity);
    if (limit < Infinity) {
      slot.timeout = limit;
      slot.due = this.#sweep.now() + limit;
      if (slot.due < this.#deadline.at) this.#sweep.set(this.#deadline, limit);
    }
    if (signal !== undefined) slot.listen(signal);
    this.#waiting.push(slot);
    this.#grow();
    return slot.promise as Promise<R>;
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
    for (const connection of this.#connections()) connection.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---------------------------------------------------------------- looking

  get counters(): PoolCounters {
    let inFlight = 0;
    for (const { exchange } of this.#members) inFlight += exchange.inFlight + exchange.waiting;
    return {
      open: this.#members.size,
      dialing: this.#dialing,
      waiting: this.#waiting.length,
      inFlight,
      ...this.#counters,
    };
  }

  /** How long replies took, in nanoseconds, when the `latency` option is on. */
  get latency(): RecordableHistogram | undefined {
    return this.#latency;
  }

  // ---------------------------------------------------------------- giving work out

  /**
   * The first connection with room: those before it are full, those behind it may become idle. One that owes replies to requests that
   * were given up may be dead: it is the last resort.
   */
  #withRoom(): Member<In, Out> | undefined {
    let doubtful: Member<In, Out> | undefined;
    for (const member of this.#members) {
      if (member.exchange.room === 0) continue;
      if (member.exchange.abandoned === 0) return member;
      doubtful ??= member;
    }
    const another = this.#dialing > 0 || (this.#members.size < this.#max && this.#backoff.failures === 0);
    return another ? undefined : doubtful;
  }

  #give(member: Member<In, Out>, task: Task<In, Out>): Promise<unknown> {
    member.uses++;
    return task(member.exchange);
  }

  #dispatch(): void {
    for (;;) {
      const slot = this.#waiting.head;
      const member = slot === undefined ? undefined : this.#withRoom();
      if (slot === undefined || member === undefined) return;
      this.#waiting.remove(slot);
      slot.resolve(this.#give(member, slot.message));
    }
  }

  readonly #owner = {
    abandon: (slot: Slot<never, Task<In, Out>>, error: unknown): void => {
      this.#waiting.remove(slot);
      slot.reject(error);
    },
  };

  #expire(now: number): number {
    let next = Infinity;
    for (const slot of this.#waiting) {
      if (slot.due <= now) this.#owner.abandon(slot, new PoolTimeoutError(slot.timeout));
      else if (slot.due < next) next = slot.due;
    }
    return next - now;
  }

  #rejectWaiting(error: unknown): void {
    for (const slot of [...this.#waiting]) this.#owner.abandon(slot, error);
  }

  // ---------------------------------------------------------------- connections

  /** Makes the connections that the waiting requests need; only one, while attempts fail. */
  #grow(): void {
    const wanted = this.#backoff.failures > 0 ? 1 : Math.ceil(this.#waiting.length / this.#window);
    while (this.#dialing < wanted && this.#members.size + this.#dialing < this.#max) this.#dial();
  }

  /** Makes the connections that are kept anyway; when that fails, again after a pause. */
  #keepMinimum(): void {
    while (!this.#pausing && !this.#stop.signal.aborted && this.#members.size + this.#dialing < this.#min) this.#dial();
  }

  #dial(): void {
    this.#dialing++;
    const dial = new AbortController();
    const stop = (): void => dial.abort(new ClosedError('the pool'));
    const tooLate = (): void => dial.abort(new ConnectTimeoutError('the pool', this.#dialTimeout));
    const cancel = this.#sweep.after(this.#dialTimeout, tooLate);
    this.#stop.signal.addEventListener('abort', stop);
    // A dialer that does not mind its signal is not waited for; what it still makes is closed.
    const dialed = (async () => this.#dialer({ signal: dial.signal }))();
    const inTime = abortable(dialed, dial.signal).finally(() => {
      cancel();
      this.#stop.signal.removeEventListener('abort', stop);
      this.#dialing--;
    });
    dialed.then(
      (connection) => dial.signal.aborted && connection.destroy(),
      () => {},
    );
    inTime.then(
      (connection) => this.#add(connection),
      (error) => this.#dialFailed(error),
    );
  }

  #add(connection: Connection<In, Out>): void {
    let exchange: Exchange<In, Out>;
    try {
      exchange = new Exchange(connection, this.#options);
    } catch (error) {
      connection.destroy();
      this.#dialFailed(error);
      return;
    }
    this.#counters.dialed++;
    this.#backoff.reset();
    const member: Member<In, Out> = { exchange, uses: 0, usesBefore: 0, idleSince: this.#sweep.now() };
    this.#members.add(member);
    exchange.onChange = () => this.#changed(member);
    if (this.#idleTimeout > 0) this.#sweep.set(this.#idleness, this.#idleTimeout * COARSENESS);
    this.#changed(member);
  }

  #changed(member: Member<In, Out>): void {
    if (!member.exchange.open && this.#members.delete(member)) {
      this.#counters.closed++;
      this.#keepMinimum();
    }
    if (this.#waiting.length === 0) return;
    this.#dispatch();
    this.#grow();
  }

  #dialFailed(error: unknown): void {
    this.#counters.dialFailures++;
    if (this.#stop.signal.aborted) return;
    const delay = this.#backoff.next();
    if (channels.clientRetry.hasSubscribers) {
      channels.clientRetry.publish({ attempt: this.#backoff.failures, delay, error });
    }
    // Nobody is left to wait for: better to say so than to let them wait for the next failure.
    if (this.#members.size + this.#dialing === 0) this.#rejectWaiting(error);
    if (this.#pausing || this.#min === 0) return;
    this.#pausing = true;
    this.#sweep.after(delay, () => {
      this.#pausing = false;
      this.#keepMinimum();
    });
  }

  #closeIdle(now: number): number {
    let open = this.#members.size;
    for (const member of this.#members) {
      const { exchange } = member;
      if (member.uses !== member.usesBefore || exchange.inFlight + exchange.waiting > 0) {
        member.usesBefore = member.uses;
        member.idleSince = now;
      } else if (now - member.idleSince >= this.#idleTimeout && open > this.#min) {
        open--;
        void exchange.connection.close();
      }
    }
    return this.#members.size === 0 ? 0 : this.#idleTimeout * COARSENESS;
  }

  #connections(): Connection<In, Out>[] {
    return Array.from(this.#members, ({ exchange }) => exchange.connection);
  }

  #close(grace: Grace): Promise<CloseResult> {
    this.#stop.abort();
    this.#rejectWaiting(new ClosedError('the pool'));
    this.#sweep.cancel(this.#deadline);
    this.#sweep.cancel(this.#idleness);
    return closeAll(this.#connections(), grace, this.#clock);
  }
}
