import type { RequestSeen } from '../connection/channels.ts';
import { AbortWatch } from './abort-watch.ts';

/** Where a request is. */
export const SlotState = {
  /** Not sent yet. */
  Waiting: 0,
  /** Sent, its reply has not come. */
  InFlight: 1,
  /** Given up after it was sent: its reply still has to be taken off the stream. A tombstone. */
  Abandoned: 2,
  /** Over. */
  Done: 3,
} as const;

/** What a slot calls when its signal is aborted. */
interface SlotOwner<In, Out> {
  abandon(slot: Slot<In, Out>, error: unknown): void;
}

/** One request: what it is, where it is, and whom to tell. It is settled exactly once. */
export class Slot<In, Out> {
  readonly message: Out;
  /** Takes the frames of the reply until it returns a result; undefined when no reply is expected. */
  readonly collect: ((frame: In) => unknown) | undefined;
  readonly promise: Promise<unknown>;
  state: number = SlotState.Waiting;
  /** When it is given up; Infinity for never. */
  due: number = Infinity;
  timeout = 0;
  /** What its reply is matched by, when it is matched by id. */
  id: unknown = undefined;
  /** Neighbours in the queue that it is in. */
  next: Slot<In, Out> | undefined = undefined;
  previous: Slot<In, Out> | undefined = undefined;
  /** When it was made, while latencies are measured. */
  startedAt = 0;
  seen: RequestSeen | undefined = undefined;
  readonly #owner: SlotOwner<In, Out>;
  #watch: AbortWatch | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(owner: SlotOwner<In, Out>, message: Out, collect: ((frame: In) => unknown) | undefined) {
    this.#owner = owner;
    this.message = message;
    this.collect = collect;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether somebody still waits for it. */
  get open(): boolean {
    return this.state === SlotState.Waiting || this.state === SlotState.InFlight;
  }

  /** Has the request given up when `signal` is aborted. */
  listen(signal: AbortSignal): void {
    this.#watch = AbortWatch.of(signal);
    this.#watch.add(this);
  }

  /** Its signal was. */
  aborted(reason: unknown): void {
    this.#owner.abandon(this, reason);
  }

  resolve(value: unknown): void {
    this.#unlisten();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#unlisten();
    this.#reject(error);
  }

  #unlisten(): void {
    this.#watch?.delete(this);
    this.#watch = undefined;
  }
}
