import type { RecordableHistogram } from 'node:perf_hooks';

import { InvalidOptionError, ProtocolError } from '../codec/errors.ts';
import { retain } from '../codec/retain.ts';
import type { Connection } from '../connection/connection.ts';
import type { Consumer } from '../connection/consumer.ts';
import { isThenable } from '../connection/is-thenable.ts';
import { type Waiting, waiting } from '../connection/waiting.ts';
import { UnexpectedReplyError } from '../errors.ts';
import { histogramOf } from '../observe/latency.ts';
import { type ExchangeOptions, exchangeSettings, type RequestOptions } from './options.ts';
import { type ExchangeCounters, Outcomes } from './outcomes.ts';
import { Pipeline } from './pipeline.ts';
import { Pushes } from './pushes.ts';
import { Requests } from './requests.ts';

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
 * The exchange takes the messages of the connection, so that has no `onRead` hook. Views are retained before `collect` gets them, unless
 * the option `views` says that it takes what it needs at once.
 */
export class Exchange<In, Out = In> {
  /** The connection that it is on. Whatever closes that rejects the requests. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  readonly connection: Connection<In, Out, any>;
  readonly #outcomes: Outcomes<In, Out>;
  readonly #requests: Requests<In, Out>;
  readonly #pushes: Pushes<In>;
  readonly #isPush: ((message: In) => boolean) | undefined;
  readonly #views: boolean;
  /** @internal Called when there may be more room than before, and when there will be none any more. */
  onChange: (() => void) | undefined = undefined;
  /** Settled when nothing is left to do: the peer has ended, and the connection waits for that. */
  #done: Waiting<void> | undefined = undefined;

  /**
   * @throws {InvalidOptionError} an option is unknown or out of range, or somebody takes the messages of the connection already
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  constructor(connection: Connection<In, Out, any>, options: ExchangeOptions<In, Out> = {}) {
    this.connection = connection;
    const settings = exchangeSettings('new Exchange()', options);
    const changed = (): void => this.#changed();
    this.#outcomes = new Outcomes(connection, settings.latency);
    this.#requests = new Requests(connection, settings, this.#outcomes, changed);
    this.#pushes = new Pushes(connection, settings.onPush, settings.maxPushes, changed);
    this.#isPush = settings.isPush;
    this.#views = settings.views;
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
   * @throws {InvalidOptionError} (rejects) `collect` is no function, or an option is out of range
   * @throws (rejects) the reason of `signal`
   */
  request<R>(message: Out, collect: (frame: In) => R | undefined, options: RequestOptions = {}): Promise<R> {
    if (typeof collect !== 'function') {
      const error = new InvalidOptionError('a request needs a function that collects its reply; send() expects none');
      return Promise.reject(error);
    }
    return this.#requests.submit(message, collect, options) as Promise<R>;
  }

  /**
   * Sends a message that is not answered, in order with the requests. Resolves when it has been handed to the connection; nobody has
   * to wait for that, or to handle its rejection.
   *
   * @throws as {@link request} does
   */
  send(message: Out, options: RequestOptions = {}): Promise<void> {
    const sent = this.#requests.submit(message, undefined, options) as Promise<void>;
    sent.catch(() => {});
    return sent;
  }

  /** Gathers requests that are to be sent one right behind the other, with nobody else's between them. */
  pipeline(): Pipeline<In, Out> {
    return new Pipeline((run, options) => run(this, options));
  }

  /** @internal Sends what `ask` asks for, one right behind the other. */
  together<R>(ask: () => R): R {
    return this.#requests.together(ask);
  }

  // ---------------------------------------------------------------- looking

  /** How many more requests can be sent before the window is full; 0 while the connection is closing or has too much unsent. */
  get room(): number {
    return this.#requests.room;
  }

  /** Whether requests can be made: the connection neither closes nor has been ended by its peer. */
  get open(): boolean {
    return this.#requests.open;
  }

  /** Requests that were sent and are not answered, those that were given up not counted. */
  get inFlight(): number {
    return this.#requests.inFlight;
  }

  /** Requests that were given up and whose replies have not come: the peer is slow, or gone. */
  get abandoned(): number {
    return this.#requests.abandoned;
  }

  /** Whether requests were given up, and nothing at all has come since: the peer may be gone. */
  get doubtful(): boolean {
    return this.#requests.doubtful;
  }

  /** Requests that wait to be sent. */
  get waiting(): number {
    return this.#requests.waiting;
  }

  /** What has become of its requests so far, as a new object. */
  get counters(): ExchangeCounters {
    return { ...this.#outcomes.counters };
  }

  /** How long replies took, in nanoseconds, when the `latency` option is true or a histogram of `node:perf_hooks`. */
  get latency(): RecordableHistogram | undefined {
    return histogramOf(this.#outcomes.latency);
  }

  // ---------------------------------------------------------------- receiving

  readonly #consumer: Consumer<In> = (() => {
    // oxlint-disable-next-line typescript/no-this-alias -- the getter has a this of its own
    const exchange = this;
    return {
      get busy() {
        return exchange.#busy;
      },
      receive: (message) => this.#receive(message),
      end: () => {
        this.#requests.end();
        return this.#busy ? (this.#done ??= waiting<void>()).promise : undefined;
      },
      drain: () => this.#requests.drain(),
      stop: () => this.#requests.close(),
    };
  })();

  #receive(message: In): void {
    if (this.#isPush?.(message) === true) {
      this.#outcomes.counters.pushes++;
      this.#pushes.take(message);
      return;
    }
    const slot = this.#requests.match(message);
    if (slot === undefined) {
      this.connection.fail(new UnexpectedReplyError());
      return;
    }
    if (!this.#views) retain(message);
    let result: unknown;
    try {
      result = slot.collect!(message);
      if (result === undefined) return;
      // It would end every reply with its first frame.
      if (isThenable(result)) {
        result.then(undefined, () => {});
        throw new InvalidOptionError('collect must not be async: what it returns tells whether the reply is complete');
      }
    } catch (error) {
      // What it was asked for is lost with the connection then.
      if (error instanceof ProtocolError) this.connection.fail(error);
      else this.#requests.answer(slot, error, true);
      return;
    }
    this.#requests.answer(slot, result, false);
  }

  get #busy(): boolean {
    const { inFlight, waiting: waits } = this.#requests;
    return inFlight + waits + this.#pushes.atWork > 0;
  }

  /** Something is over: there may be room, or nothing left to do. */
  #changed(): void {
    this.onChange?.();
    if (this.#busy) return;
    this.#done?.resolve();
    this.connection.rest();
  }
}
