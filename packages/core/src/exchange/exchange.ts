import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import { ProtocolError } from '../codec/errors.ts';
import { retain } from '../codec/retain.ts';
import type { Connection } from '../connection/connection.ts';
import type { Consumer } from '../connection/consumer.ts';
import { isThenable } from '../connection/hooks.ts';
import { timeoutOption } from '../connection/options.ts';
import { type Alarm, Check, Sweep } from '../connection/sweep.ts';
import { type Waiting, waiting } from '../connection/waiting.ts';
import {
  ConnectionLostError,
  DuplicateIdError,
  HookError,
  QueueFullError,
  RequestTimeoutError,
  UnansweredError,
  UnexpectedReplyError,
} from '../errors.ts';
import { channels } from '../observe/channels.ts';
import { type InFlight, InFlightById, InFlightInOrder } from './in-flight.ts';
import { type ExchangeOptions, type ExchangeSettings, exchangeSettings, type RequestOptions } from './options.ts';
import { Pipeline } from './pipeline.ts';
import { Slot, SlotState } from './slot.ts';
import { SlotQueue } from './slot-queue.ts';

/** What an exchange has done so far. `requests` is the sum of `replies`, `failures`, `timeouts`, `aborts`, `lost` and those still open. */
export interface ExchangeCounters {
  /** Requests that a reply was asked for. */
  readonly requests: number;
  /** Of these: answered; and answered with what `collect` threw, or not to be encoded. */
  readonly replies: number;
  readonly failures: number;
  /** Given up: because of their deadline, or of their signal. */
  readonly timeouts: number;
  readonly aborts: number;
  /** Rejected because the connection closed. */
  readonly lost: number;
  /** Replies that came too late and were dropped. */
  readonly late: number;
  readonly pushes: number;
}

/**
 * Requests and replies over a connection: whoever asks gets a promise of the reply.
 *
 * ```ts
 * const exchange = new Exchange(connection);
 * const reply = await exchange.request('get key', (frame) => frame);
 * ```
 *
 * Replies are matched first in, first out, or by an id. All that is asked in one turn of the event loop leaves in one write. At most
 * `window` requests are on the wire; the others wait, in order, as they do while the connection has more unsent than its high-water
 * mark. Each promise is settled exactly once, whatever happens to the connection.
 *
 * A request that is given up after it was sent leaves a tombstone: its reply is still taken off the stream, by the request's own
 * `collect`, and dropped, so that nobody gets the reply of another.
 *
 * The exchange takes the messages of the connection, so that has no `onRead` hook. Views are retained before `collect` gets them.
 */
export class Exchange<In, Out = In> {
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  readonly connection: Connection<In, Out, any>;
  readonly #settings: ExchangeSettings<In, Out>;
  readonly #latency: RecordableHistogram | undefined;
  readonly #sweep: Sweep;
  readonly #deadline: Alarm;
  readonly #waiting = new SlotQueue<In, Out>();
  readonly #inFlight: InFlight<In, Out>;
  #tombstones = 0;
  /** Whether the connection has asked to wait until it has drained. */
  #full = false;
  /** @internal Called when there may be more room than before, and when there will be none any more. */
  onChange: (() => void) | undefined = undefined;
  #pushesAtWork = 0;
  /** Settled when no push is at work any more: the peer has ended, and the connection waits for that. */
  #pushesDone: Waiting<void> | undefined = undefined;
  /** Why nothing can be asked any more. */
  #stopped: string | undefined = undefined;
  readonly #counters = { requests: 0, replies: 0, failures: 0, timeouts: 0, aborts: 0, lost: 0, late: 0, pushes: 0 };

  /**
   * @throws {InvalidOptionError} an option is unknown or out of range, or somebody takes the messages of the connection already
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  constructor(connection: Connection<In, Out, any>, options: ExchangeOptions<In, Out> = {}) {
    this.connection = connection;
    this.#settings = exchangeSettings('new Exchange()', options);
    const { byId } = this.#settings;
    const { latency } = options;
    this.#latency = latency === true ? createHistogram() : latency === false ? undefined : latency;
    this.#inFlight = byId === undefined ? new InFlightInOrder<In, Out>() : new InFlightById(byId);
    this.#sweep = Sweep.of(connection.clock);
    this.#deadline = new Check((now) => this.#expire(now));
    connection.consume(this.#consumer);
  }

  // ---------------------------------------------------------------- asking

  /**
   * Sends a request. `collect` gets the frames of its reply, one after the other, until it returns something else than undefined:
   * that is the result. What it throws is the result, too, as a rejection, and ends the reply; a {@link ProtocolError} closes the
   * connection. It is called for a request that was given up as well, to find the end of the reply.
   *
   * @throws {RequestTimeoutError} (rejects) the reply was not complete in time
   * @throws {ConnectionLostError} (rejects) the connection closed first; `sent` says whether the peer may have got the request
   * @throws {QueueFullError} (rejects) too many requests wait already
   * @throws {EncodeError} (rejects) the codec cannot encode it
   * @throws {DuplicateIdError} (rejects) a request in flight has the same id
   * @throws (rejects) the reason of `signal`
   */
  request<R>(message: Out, collect: (frame: In) => R | undefined, options: RequestOptions = {}): Promise<R> {
    const { signal } = options;
    const slot = new Slot<In, Out>(this.#owner, message, collect);
    this.#counters.requests++;
    if (this.#latency !== undefined) slot.startedAt = performance.now();
    if (channels.requestStart.hasSubscribers || channels.requestEnd.hasSubscribers) this.#publishStart(slot);
    if (signal?.aborted === true) {
      this.#counters.aborts++;
      this.#reject(slot, signal.reason);
      return slot.promise as Promise<R>;
    }
    this.#submit(slot, options);
    return slot.promise as Promise<R>;
  }

  /**
   * Sends a message that is not answered, in order with the requests. Resolves when it has been handed to the connection; nobody has
   * to wait for that, or to handle its rejection.
   *
   * @throws as {@link request} does
   */
  send(message: Out, options: RequestOptions = {}): Promise<void> {
    const slot = new Slot<In, Out>(this.#owner, message, undefined);
    slot.promise.catch(() => {});
    if (options.signal?.aborted === true) this.#reject(slot, options.signal.reason);
    else this.#submit(slot, options);
    return slot.promise as Promise<void>;
  }

  /** Gathers requests that are to be sent one right behind the other, with nobody else's between them. */
  pipeline(): Pipeline<In, Out> {
    return new Pipeline((run) => run(this));
  }

  // ---------------------------------------------------------------- looking

  /** How many more requests can be sent before the window is full; 0 while the connection is closing or has too much unsent. */
  get room(): number {
    if (this.#full || !this.open) return 0;
    return Math.max(0, this.#settings.window - this.#live - this.#waiting.length);
  }

  /** Whether requests can be made: the connection neither closes nor has been ended by its peer. */
  get open(): boolean {
    return this.#stopped === undefined && this.connection.writable;
  }

  /** Requests that were sent and are not answered, those that were given up not counted. */
  get inFlight(): number {
    return this.#live;
  }

  /** Requests that were given up and whose replies have not come: the peer is slow, or gone. */
  get abandoned(): number {
    return this.#tombstones;
  }

  /** Requests that wait to be sent. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get counters(): ExchangeCounters {
    return { ...this.#counters };
  }

  /** How long replies took, in nanoseconds, when the `latency` option is on. */
  get latency(): RecordableHistogram | undefined {
    return this.#latency;
  }

  // ---------------------------------------------------------------- sending

  get #live(): number {
    return this.#inFlight.length - this.#tombstones;
  }

  #submit(slot: Slot<In, Out>, { signal, timeout }: RequestOptions): void {
    if (!this.#takes(slot)) {
      this.#lose(slot);
      return;
    }
    const mayGo = this.#waiting.length === 0 && !this.#full && this.#live < this.#settings.window;
    if (!mayGo && this.#waiting.length >= this.#settings.maxWaiting) {
      this.#fail(slot, new QueueFullError(this.#settings.maxWaiting));
      return;
    }
    const limit = timeout === undefined ? this.#settings.timeout : timeoutOption('timeout', timeout);
    if (limit > 0) {
      slot.timeout = limit;
      slot.due = this.#sweep.now() + limit;
    }
    if (mayGo) this.#transmit(slot);
    else this.#waiting.push(slot);
    if (!slot.open) return;
    if (slot.due < this.#deadline.at) this.#sweep.set(this.#deadline, limit);
    if (signal !== undefined) slot.listen(signal);
  }

  /** Whether a request can be sent and answered; when the peer has ended, one that expects no reply still can be sent. */
  #takes(slot: Slot<In, Out>): boolean {
    return this.connection.writable && (this.#stopped === undefined || slot.collect === undefined);
  }

  /** Sends what waits, as far as there is room. */
  #pump(): void {
    while (!this.#full && this.#live < this.#settings.window) {
      const slot = this.#waiting.head;
      if (slot === undefined) return;
      this.#waiting.remove(slot);
      this.#transmit(slot);
    }
  }

  #transmit(slot: Slot<In, Out>): void {
    const { connection } = this;
    const answered = slot.collect !== undefined;
    if (!this.#takes(slot)) {
      this.#lose(slot);
      return;
    }
    // It has to be known as being in flight while it is sent: the connection may break in it.
    try {
      if (answered && !this.#inFlight.add(slot)) {
        this.#fail(slot, new DuplicateIdError());
        return;
      }
      slot.state = SlotState.InFlight;
      if (!connection.send(slot.message) && slot.open) this.#full = connection.writable;
    } catch (error) {
      if (answered && slot.open) this.#inFlight.remove(slot);
      if (slot.open) this.#fail(slot, error);
      return;
    }
    if (!answered && slot.open) {
      slot.state = SlotState.Done;
      slot.resolve(undefined);
    }
  }

  // ---------------------------------------------------------------- receiving

  readonly #consumer: Consumer<In> = (() => {
    // oxlint-disable-next-line typescript/no-this-alias -- the getter has a this of its own
    const exchange = this;
    return {
      get busy() {
        return exchange.#live > 0 || exchange.#waiting.length > 0 || exchange.#pushesAtWork > 0;
      },
      receive: (message) => this.#receive(message),
      end: () => {
        this.#stop('peer');
        if (this.#pushesAtWork === 0) return undefined;
        return (this.#pushesDone ??= waiting<void>()).promise;
      },
      drain: () => {
        this.#full = false;
        this.#pump();
        this.onChange?.();
      },
      stop: () => this.#stop(this.connection.closeReason!),
    };
  })();

  #receive(message: In): void {
    const { isPush } = this.#settings;
    if (isPush?.(message) === true) {
      this.#push(message);
      return;
    }
    const slot = this.#inFlight.match(message);
    if (slot === undefined) {
      this.connection.fail(new UnexpectedReplyError());
      return;
    }
    retain(message);
    let result: unknown;
    try {
      result = slot.collect!(message);
      if (result === undefined) return;
    } catch (error) {
      // What it was asked for is lost with the connection then.
      if (error instanceof ProtocolError) this.connection.fail(error);
      else this.#answered(slot, error, true);
      return;
    }
    this.#answered(slot, result, false);
  }

  #answered(slot: Slot<In, Out>, result: unknown, failed: boolean): void {
    // What collects the reply may have closed the connection.
    if (slot.state === SlotState.Done) return;
    this.#inFlight.remove(slot);
    if (slot.state === SlotState.Abandoned) {
      slot.state = SlotState.Done;
      this.#tombstones--;
      this.#counters.late++;
    } else if (failed) {
      this.#fail(slot, result);
    } else {
      slot.state = SlotState.Done;
      this.#counters.replies++;
      if (slot.startedAt > 0) this.#latency!.record(nanoseconds(performance.now() - slot.startedAt));
      if (slot.seen !== undefined) publishEnd(slot);
      slot.resolve(result);
    }
    if (this.#waiting.length > 0) this.#pump();
    this.#changed();
  }

  #push(message: In): void {
    this.#counters.pushes++;
    const failed = (error: unknown): void => this.connection.fail(new HookError('onPush', error));
    try {
      const result = this.#settings.onPush?.(retain(message));
      if (!isThenable(result)) return;
      if (++this.#pushesAtWork >= this.#settings.maxPushes) this.connection.hold(true);
      void Promise.resolve(result)
        .catch(failed)
        .finally(() => {
          if (--this.#pushesAtWork === 0) this.#pushesDone?.resolve();
          this.connection.hold(false);
          this.connection.rest();
        });
    } catch (error) {
      failed(error);
    }
  }

  // ---------------------------------------------------------------- giving up

  readonly #owner = {
    abandon: (slot: Slot<In, Out>, error: unknown): void => {
      if (slot.collect !== undefined) this.#counters.aborts++;
      this.#abandon(slot, error);
    },
  };

  /** Gives a request up. If it was sent, its reply is still to come. */
  #abandon(slot: Slot<In, Out>, error: unknown): void {
    if (slot.state === SlotState.Waiting) {
      this.#waiting.remove(slot);
      this.#reject(slot, error);
    } else {
      this.#reject(slot, error);
      slot.state = SlotState.Abandoned;
      this.#tombstones++;
      if (this.#tombstones > this.#settings.window) {
        this.connection.fail(new UnansweredError(this.#tombstones));
        return;
      }
      this.#pump();
    }
    this.#changed();
  }

  #expire(now: number): number {
    let next = Infinity;
    // Those that wait come first: what is given up makes room for them.
    for (const queue of [this.#waiting, this.#inFlight]) {
      for (const slot of queue) {
        if (!slot.open) continue;
        if (slot.due <= now) {
          if (slot.collect !== undefined) this.#counters.timeouts++;
          this.#abandon(slot, new RequestTimeoutError(slot.timeout, slot.state === SlotState.InFlight));
        } else if (slot.due < next) {
          next = slot.due;
        }
      }
    }
    return this.#stopped === undefined ? next - now : 0;
  }

  /** Nothing comes any more: whoever waits is told. */
  #stop(reason: string): void {
    this.#stopped ??= reason;
    this.#sweep.cancel(this.#deadline);
    for (const queue of [this.#inFlight, this.#waiting]) {
      for (const slot of [...queue]) {
        queue.remove(slot);
        if (slot.open) this.#lose(slot);
        else slot.state = SlotState.Done;
      }
    }
    this.#tombstones = 0;
    this.#changed();
  }

  #changed(): void {
    this.onChange?.();
    if (this.#live === 0) this.connection.rest();
  }

  #lose(slot: Slot<In, Out>): void {
    const { error, closeReason } = this.connection;
    if (slot.collect !== undefined) this.#counters.lost++;
    const reason = this.#stopped ?? closeReason ?? 'local';
    this.#reject(slot, new ConnectionLostError(reason, slot.state === SlotState.InFlight, error));
  }

  #fail(slot: Slot<In, Out>, error: unknown): void {
    if (slot.collect !== undefined) this.#counters.failures++;
    this.#reject(slot, error);
  }

  #reject(slot: Slot<In, Out>, error: unknown): void {
    slot.state = SlotState.Done;
    if (slot.seen !== undefined) {
      slot.seen.error = error;
      publishEnd(slot);
    }
    slot.reject(error);
  }

  #publishStart(slot: Slot<In, Out>): void {
    slot.seen = { connection: this.connection, message: slot.message, startedAt: performance.now() };
    channels.requestStart.publish(slot.seen);
  }
}

function publishEnd<In, Out>({ seen }: Slot<In, Out>): void {
  seen!.duration = performance.now() - seen!.startedAt;
  channels.requestEnd.publish(seen!);
}

function nanoseconds(ms: number): number {
  return Math.max(1, Math.round(ms * 1e6));
}
