import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';

import type { Submission } from './submit-options.ts';
import { type TaskEvent, TaskEvents } from './task-events.ts';
import { TaskStream } from './task-stream.ts';

/** Whom a task tells, and asks. */
export interface TaskOwner {
  /** It is over. */
  over(task: AnyTask): void;
  /** See {@link Task.cancel}. */
  cancel(task: AnyTask): Promise<boolean>;
}

export type AnyTask = Task<Buffer | string>;

/** Bytes that a task keeps of what came before somebody reads. */
export const KEPT_UNREAD: number = 16 * 1024 * 1024;

/**
 * A job that was submitted: awaitable, as a promise of its result is; and to be iterated over for what the worker tells meanwhile.
 *
 * ```ts
 * const task = client.submit('resize', image);
 * for await (const event of task) if (event.type === 'status') console.log(event.numerator, event.denominator);
 * const thumbnail = await task;
 * ```
 *
 * A job in the background is over when a server has it, and resolves with its handle. Nothing happens when nobody waits for a task that fails.
 */
export class Task<Result extends Buffer | string = Buffer> implements Promise<Result> {
  /** The name of the function. */
  readonly function: string;
  /** What the server calls the job, when it has it. */
  handle: string | undefined = undefined;
  /** The server that took the job last, as `servers` of the client has it. */
  server: string | undefined = undefined;
  /** How often it was submitted. */
  attempts = 0;
  /** @internal Whether it is not to be submitted again. */
  cancelled = false;
  /** @internal When it was submitted: `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** @internal Undefined when it is over. */
  submission: Submission | undefined = undefined;
  /** @internal Neighbours in the list of those under way. */
  next: AnyTask | undefined = undefined;
  /** @internal */
  previous: AnyTask | undefined = undefined;
  /** @internal What is done when it is over: timers, signals. */
  release: (() => void) | undefined = undefined;
  readonly #owner: TaskOwner;
  #state: 'pending' | 'done' | 'failed' = 'pending';
  #result: Result | undefined = undefined;
  #error: Error | undefined = undefined;
  #promise: Promise<Result> | undefined = undefined;
  #resolve: ((result: Result) => void) | undefined = undefined;
  #reject: ((error: Error) => void) | undefined = undefined;
  #created: Promise<string> | undefined = undefined;
  #resolveCreated: ((handle: string) => void) | undefined = undefined;
  #rejectCreated: ((error: Error) => void) | undefined = undefined;
  #events: TaskEvents | undefined = undefined;

  /** @internal */
  constructor(owner: TaskOwner, name: string) {
    this.#owner = owner;
    this.function = name;
  }

  // ---------------------------------------------------------------- waiting

  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for
  then<T = Result, F = never>(
    onResult?: ((result: Result) => T | PromiseLike<T>) | null,
    // oxlint-disable-next-line typescript/no-explicit-any -- as promises have it
    onError?: ((error: any) => F | PromiseLike<F>) | null,
  ): Promise<T | F> {
    // oxlint-disable-next-line promise/prefer-await-to-then -- it is one
    return this.#settled().then(onResult, onError);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as promises have it
  catch<F = never>(onError?: ((error: any) => F | PromiseLike<F>) | null): Promise<Result | F> {
    return this.then(undefined, onError);
  }

  finally(onEnd?: (() => void) | null): Promise<Result> {
    return this.#settled().finally(onEnd);
  }

  get [Symbol.toStringTag](): string {
    return 'Task';
  }

  /** Resolves with the handle when a server has the job; rejects when none has taken it. Nobody has to wait for it. */
  get created(): Promise<string> {
    if (this.#created === undefined) {
      this.#created = new Promise((resolve, reject) => {
        this.#resolveCreated = resolve;
        this.#rejectCreated = reject;
      });
      this.#created.catch(() => {});
      if (this.handle !== undefined) this.#resolveCreated!(this.handle);
      else if (this.#error !== undefined) this.#rejectCreated!(this.#error);
    }
    return this.#created;
  }

  /** Whether it is over. */
  get over(): boolean {
    return this.#state !== 'pending';
  }

  /**
   * What the worker tells: data, warnings, how far it is. Ends with the task, and throws what it fails with. What came before is kept, up to 16
   * MiB; beyond that reading it throws, and a task that somebody reads fails: a {@link TaskOverflowError}.
   *
   * @throws {InvalidOptionError} it is read already
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<TaskEvent, undefined> {
    return this.#eventQueue().take();
  }

  /**
   * Data as it comes, and then the result, as one stream of bytes. Fails when the task does, and when the job is submitted again after data has
   * come.
   *
   * @throws {InvalidOptionError} the events are read already
   */
  stream(): Readable {
    const events = this.#eventQueue().take();
    return new TaskStream(this.#pieces(events), events);
  }

  /**
   * Cancels the job at its server, also for others who wait for it. Returns whether the server had it; the task then fails. Perl's server
   * cannot.
   *
   * @throws {InvalidOptionError} (rejects) no server has it yet
   * @throws {AdminError} (rejects) the server knows no such command
   */
  cancel(): Promise<boolean> {
    return this.#owner.cancel(this as unknown as AnyTask);
  }

  // ---------------------------------------------------------------- settling

  /** @internal A server has taken the job. */
  accepted(handle: string): void {
    this.handle = handle;
    this.#resolveCreated?.(handle);
  }

  /** @internal The worker tells something. Returns whether somebody reads it too slowly. */
  tell(event: TaskEvent): boolean {
    return this.#state === 'pending' && this.#eventQueue().push(event);
  }

  /** @internal */
  complete(result: Result): void {
    if (this.#state !== 'pending') return;
    this.#state = 'done';
    this.#result = result;
    this.#end(undefined);
    this.#resolve?.(result);
  }

  /** @internal */
  fail(error: Error): void {
    if (this.#state !== 'pending') return;
    this.#state = 'failed';
    this.#error = error;
    this.#end(error);
    this.#rejectCreated?.(error);
    this.#reject?.(error);
  }

  /** @internal Why it failed, for those who look. */
  get error(): Error | undefined {
    return this.#error;
  }

  #end(error: Error | undefined): void {
    this.#events?.end(error);
    this.release?.();
    this.release = undefined;
    this.#owner.over(this as unknown as AnyTask);
    this.submission = undefined;
  }

  #settled(): Promise<Result> {
    if (this.#promise === undefined) {
      if (this.#state === 'done') this.#promise = Promise.resolve(this.#result!);
      else if (this.#state === 'failed') this.#promise = Promise.reject(this.#error!);
      else
        this.#promise = new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        });
    }
    return this.#promise;
  }

  #eventQueue(): TaskEvents {
    if (this.#events === undefined) {
      this.#events = new TaskEvents(KEPT_UNREAD);
      if (this.#state !== 'pending') this.#events.end(this.#error);
    }
    return this.#events;
  }

  async *#pieces(events: TaskEvents): AsyncGenerator<Buffer> {
    let begun = false;
    for await (const event of events) {
      if (event.type === 'retry' && begun) throw event.error;
      if (event.type !== 'data' || event.data.length === 0) continue;
      begun = true;
      yield event.data;
    }
    // Whoever has destroyed the stream waits for nothing.
    if (events.left) return;
    const result: Buffer | string = await this.#settled();
    if (result.length > 0) yield Buffer.from(result);
  }

  static {
    // What `console.log` shows: who it is and how it is, instead of its insides.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: AnyTask): string {
        const where = this.handle === undefined ? '' : ` ${this.handle} at ${this.server}`;
        return `Task <${this.function}${where}, ${this.over ? (this.error === undefined ? 'done' : 'failed') : 'under way'}>`;
      },
    });
  }
}
