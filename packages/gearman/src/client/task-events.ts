import { InvalidOptionError } from '@wirewright/core';

import { TaskOverflowError } from '../errors.ts';

/**
 * What a worker tells of a job before it is over: bytes (WORK_DATA), a warning in bytes (WORK_WARNING), or how far it is (WORK_STATUS),
 * as `numerator` of `denominator`.
 */
export type TaskEvent =
  | { readonly type: 'data'; readonly data: Buffer }
  | { readonly type: 'warning'; readonly data: Buffer }
  | { readonly type: 'status'; readonly numerator: number; readonly denominator: number }
  /** The job is submitted again: what was told before counts no more. */
  | { readonly type: 'retry'; readonly error: Error };

/** What an event counts for besides its bytes. */
const EVENT_BYTES = 64;

/** After so many events that were read, those that were not are moved. */
const MANY_READ = 256;

/** The events of a task, until somebody takes them. They are kept as long as there are not too many. */
export class TaskEvents implements AsyncIterableIterator<TaskEvent, undefined> {
  readonly #limit: number;
  #queue: TaskEvent[] = [];
  #first = 0;
  #bytes = 0;
  #overflown = false;
  #taken = false;
  #left = false;
  #over = false;
  #error: Error | undefined = undefined;
  #waiting: (() => void)[] = [];

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns whether somebody reads them, and so slowly that there are too many. */
  push(event: TaskEvent): boolean {
    if (this.#over || this.#overflown) return false;
    this.#bytes += sizeOf(event);
    if (this.#bytes > this.#limit) {
      this.#overflown = true;
      this.#queue = [];
      this.#wake();
      return this.#taken;
    }
    this.#queue.push(event);
    this.#wake();
    return false;
  }

  /** The task is over, because of `error` if there is one. */
  end(error: Error | undefined): void {
    this.#over = true;
    this.#error = error;
    this.#wake();
  }

  /** @throws {InvalidOptionError} somebody takes them already */
  take(): this {
    if (this.#taken) throw new InvalidOptionError('the events of a task can be read once');
    this.#taken = true;
    return this;
  }

  /** Whether whoever took them wants no more. */
  get left(): boolean {
    return this.#left;
  }

  async next(): Promise<IteratorResult<TaskEvent, undefined>> {
    for (;;) {
      if (this.#overflown) throw new TaskOverflowError(this.#limit);
      if (this.#first < this.#queue.length) return { done: false, value: this.#shift() };
      if (this.#over) {
        const error = this.#error;
        this.#error = undefined;
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      // oxlint-disable-next-line no-await-in-loop -- until there is one
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Whoever has left the loop wants no more. */
  async return(): Promise<IteratorResult<TaskEvent, undefined>> {
    this.#left = true;
    this.end(undefined);
    this.#queue = [];
    this.#first = 0;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #shift(): TaskEvent {
    const event = this.#queue[this.#first++]!;
    this.#bytes -= sizeOf(event);
    // A reader that never catches up must not have all that it has read kept.
    if (this.#first === this.#queue.length || this.#first >= MANY_READ) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }
}

function sizeOf(event: TaskEvent): number {
  return 'data' in event ? EVENT_BYTES + event.data.length : EVENT_BYTES;
}
