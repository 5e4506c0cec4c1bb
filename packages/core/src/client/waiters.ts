import { Check, type Sweep } from '../connection/sweep.ts';
import { PoolTimeoutError, QueueFullError } from '../errors.ts';
import { NextLook } from '../exchange/next-look.ts';
import { type RequestOptions, requestTimeout } from '../exchange/options.ts';
import { SlotQueue } from '../exchange/slot-queue.ts';
import { Slot } from '../exchange/slot.ts';

/** What is done on a member of the pool once one has room; `options` has what is left of the time of the request. */
export type Task<Member> = (member: Member, options: RequestOptions) => Promise<unknown>;

interface Waiter<Member> {
  readonly task: Task<Member>;
  readonly options: RequestOptions;
  /** When it began to wait. */
  readonly since: number;
}

/** Requests that wait for a connection with room: in order, not too many, and not for too long. */
export class Waiters<Member> {
  readonly #sweep: Sweep;
  readonly #timeout: number;
  readonly #most: number;
  readonly #queue = new SlotQueue<never, Waiter<Member>>();
  readonly #deadline: Check = new Check((now) => this.#expire(now));

  /**
   * @param timeout milliseconds that each waits at most, 0 for as long as it takes
   * @param most those beyond are refused
   */
  constructor(sweep: Sweep, timeout: number, most: number) {
    this.#sweep = sweep;
    this.#timeout = timeout;
    this.#most = most;
  }

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Has `task` wait for its turn. Settles as it does.
   *
   * @throws {QueueFullError} (rejects) too many wait already
   * @throws {PoolTimeoutError} (rejects) it waited too long
   * @throws {InvalidOptionError} (rejects) an option is out of range
   */
  async add(task: Task<Member>, options: RequestOptions): Promise<unknown> {
    const own = requestTimeout(options, 0);
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#queue.length >= this.#most) throw new QueueFullError(this.#most);
    const waiter = { task, options, since: this.#sweep.now() };
    const slot = new Slot<never, Waiter<Member>>(this.#owner, waiter, undefined);
    const limit = Math.min(own || Infinity, this.#timeout || Infinity);
    if (limit < Infinity) {
      slot.timeout = limit;
      slot.due = this.#sweep.in(limit);
      if (slot.due < this.#deadline.at) this.#sweep.set(this.#deadline, limit);
    }
    if (signal !== undefined) slot.listen(signal);
    this.#queue.push(slot);
    return slot.promise;
  }

  /** It is the turn of the first one, on `member`. */
  serve(member: Member): void {
    const slot = this.#queue.head!;
    this.#queue.remove(slot);
    const { task, options, since } = slot.message;
    const { timeout } = options;
    const left =
      typeof timeout === 'number'
        ? { ...options, timeout: Math.max(1, timeout - (this.#sweep.now() - since)) }
        : options;
    slot.resolve(task(member, left));
  }

  /** Nobody waits any more. */
  rejectAll(error: unknown): void {
    for (const slot of this.#queue) this.#owner.abandon(slot, error);
    this.#sweep.cancel(this.#deadline);
  }

  readonly #owner = {
    abandon: (slot: Slot<never, Waiter<Member>>, error: unknown): void => {
      this.#queue.remove(slot);
      slot.reject(error);
    },
  };

  #expire(now: number): number {
    const next = new NextLook();
    for (const slot of this.#queue) {
      if (slot.due <= now) this.#owner.abandon(slot, new PoolTimeoutError(slot.timeout));
      else next.consider(slot);
    }
    return next.at - now;
  }
}
