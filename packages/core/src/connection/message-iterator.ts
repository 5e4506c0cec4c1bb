import { retain } from '../codec/retain.ts';
import { PlaintextBufferedError } from '../errors.ts';
import type { Consumer } from './consumer.ts';
import { type Waiting, waiting } from './waiting.ts';

/** Messages that may be queued before reading is held; it goes on when all of them are taken. */
const MAX_QUEUED = 16;

/** What an iterator needs of a connection. */
interface Source<In> {
  readonly error: Error | undefined;
  consume(consumer: Consumer<In>): void;
  hold(full: boolean): void;
  rest(): void;
  close(): Promise<unknown>;
}

/**
 * The messages of a connection for `for await`. Reading starts with the first `next()`, and is held while messages are queued that
 * nobody has taken. When the peer ends, the loop ends after the last message; an error of the connection is thrown there. Leaving the
 * loop closes the connection.
 */
export class MessageIterator<In> implements AsyncIterableIterator<In, undefined> {
  readonly #source: Source<In>;
  #started = false;
  readonly #queue: In[] = [];
  /** Calls of `next()` that wait for a message. */
  readonly #waiting: Waiting<IteratorResult<In, undefined>>[] = [];
  /** Whether a message was given out and the next one not asked for: it is being handled. */
  #handling = false;
  #done = false;
  #error: Error | undefined = undefined;
  #ended: Waiting<void> | undefined = undefined;

  constructor(source: Source<In>) {
    this.#source = source;
  }

  /** @throws (rejects) what closed the connection, if it was an error; or that somebody else takes its messages */
  next(): Promise<IteratorResult<In, undefined>> {
    this.#handling = false;
    if (!this.#started) {
      try {
        this.#source.consume(this.#consumer);
      } catch (error) {
        return Promise.reject(error);
      }
      this.#started = true;
    }
    if (this.#queue.length > 0) {
      const value = this.#queue.shift()!;
      this.#handling = true;
      if (this.#queue.length === 0) this.#source.hold(false);
      return Promise.resolve({ value, done: false });
    }
    if (this.#done) return this.#finish();
    const next = waiting<IteratorResult<In, undefined>>();
    this.#waiting.push(next);
    this.#source.rest();
    return next.promise;
  }

  /** Ends the iteration and closes the connection: what leaving the loop early does. */
  return(): Promise<IteratorResult<In, undefined>> {
    this.#error = undefined;
    this.#queue.length = 0;
    this.#handling = false;
    this.#settle();
    void this.#source.close();
    return this.#finish();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #consumer: Consumer<In> = (() => {
    const isBusy = (): boolean => this.#queue.length > 0 || this.#handling;
    const queue = this.#queue;
    return {
      get busy() {
        return isBusy();
      },
      get queued() {
        return queue.length;
      },
      receive: (message) => this.#receive(message),
      end: () => {
        this.#ended = waiting<void>();
        const { promise } = this.#ended;
        this.#settle();
        return promise;
      },
      drain: () => {},
      stop: () => {
        this.#error = this.#source.error;
        // Nobody is to take for part of what is encrypted what may have been put in front of it.
        if (this.#error instanceof PlaintextBufferedError) this.#queue.length = 0;
        this.#settle();
      },
    };
  })();

  #receive(message: In): void {
    const value = retain(message);
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#handling = true;
      next.resolve({ value, done: false });
    } else if (this.#queue.push(value) >= MAX_QUEUED) {
      this.#source.hold(true);
    }
  }

  /** No message comes any more: those who wait for one are told. */
  #settle(): void {
    this.#done = true;
    for (const next of this.#waiting.splice(0)) next.resolve(this.#finish());
  }

  #finish(): Promise<IteratorResult<In, undefined>> {
    // The connection closes when this is told: what follows the loop may still send.
    if (this.#ended !== undefined) setImmediate(this.#ended.resolve);
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }
}
