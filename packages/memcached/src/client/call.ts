import { type CallCounters, callCounters } from './counters.ts';

/** What waits for the result of a {@link Call}. */
export interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Counts what nobody wants to know. */
const UNCOUNTED: CallCounters = callCounters();

/**
 * One command for one server: what is sent, what takes the answer, and who waits for the result. It belongs to a batch, which has it
 * settled once.
 */
export class Call<Frame, Request> implements Waiter {
  readonly request: Request;
  /**
   * Takes a frame of the answer; returns whether that was the last. It settles the call by then, unless it is settled. A view that it
   * gets is valid until it returns. What it throws closes the connection.
   */
  readonly read: (frame: Frame, call: Call<Frame, Request>) => boolean;
  /** Settles it when the server has answered what came after, and nothing to this. Without it the command always has an answer. */
  readonly silent: ((call: Call<Frame, Request>) => void) | undefined;
  /** Bytes of the value that is sent. */
  readonly size: number;
  /** Sent behind it: it may have no answer, and whatever comes before the answer to this is its own. */
  fence: Request | undefined = undefined;
  /** What is made of the outcome of a command that stores. */
  readonly result: ((outcome: never) => unknown) | undefined;
  /** How many commands it stands for, as callers count them. */
  weight = 1;
  /** Whether it has the form that has no answer, and nobody waits for one. */
  unanswered = false;
  /** The frames of an answer that is gathered. */
  frames: Frame[] | undefined = undefined;
  /** Where its outcome is counted, while it has none. */
  counters: CallCounters = UNCOUNTED;
  resolve!: (result: unknown) => void;
  reject!: (error: unknown) => void;

  constructor(
    request: Request,
    read: (frame: Frame, call: Call<Frame, Request>) => boolean,
    size: number = 0,
    silent?: (call: Call<Frame, Request>) => void,
    result?: (outcome: never) => unknown,
  ) {
    this.request = request;
    this.read = read;
    this.size = size;
    this.silent = silent;
    this.result = result;
  }

  /** The server has answered with an error. */
  fail(error: Error): void {
    if (this.unanswered) this.counters.unansweredErrors++;
    else this.counters.errors++;
    this.reject(error);
  }

  /**
   * Nobody waits for it any more: what is still to come of its answer is read and dropped. Returns how many commands without an outcome it stood
   * for.
   */
  giveUp(error: unknown): number {
    this.reject(error);
    this.resolve = ignore;
    this.reject = ignore;
    this.counters = UNCOUNTED;
    return this.weight;
  }
}

/** A command of whichever protocol. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever is sent, and received
export type AnyCall = Call<any, any>;

export function ignore(): void {}

let takeResolve!: (result: unknown) => void;
let takeReject!: (error: unknown) => void;
const take = (resolve: (result: unknown) => void, reject: (error: unknown) => void): void => {
  takeResolve = resolve;
  takeReject = reject;
};

/** The promise of the result of `call`. */
export function promised<T>(call: AnyCall): Promise<T> {
  // One function for all: it is called before `new` returns.
  const promise = new Promise<unknown>(take);
  call.resolve = takeResolve;
  call.reject = takeReject;
  return promise as Promise<T>;
}
