import type { Uint64 } from '@wirewright/codec-memcached-text';
import { InvalidOptionError, type RequestOptions } from '@wirewright/core';

/** What can be said of each call. A deadline or signal of its own costs it the company of the others of its turn. */
export interface CallOptions extends RequestOptions {}

/** Of calls that can do without an answer. */
export interface UnansweredOptions extends CallOptions {
  /** Does not wait for the answer: resolves at once, and a failure is only counted (`unansweredErrors`). Default false. */
  readonly noreply?: boolean | undefined;
}

/** Of calls that say how long an item lives. */
export interface TtlOptions extends UnansweredOptions {
  /** Seconds for which the item lives, however many; 0, the default, for ever. */
  readonly ttl?: number | undefined;
}

/** Of calls that store a value. */
export interface StoreOptions extends TtlOptions {
  /** 32 bits that are kept with the value, in place of those of the serializer. */
  readonly flags?: number | undefined;
}

/** Of `incr` and `decr`. */
export interface CountOptions extends TtlOptions {
  /** What a counter that is not there is made with, and lives for `ttl`; without it none is made. */
  readonly initial?: Uint64 | undefined;
}

/** Of `update`. */
export interface UpdateOptions extends CallOptions {
  /** Seconds for which what is stored lives; 0, the default, for ever. */
  readonly ttl?: number | undefined;
  /** How often it is tried while others change the item. Default 16. */
  readonly attempts?: number | undefined;
}

/** The names of options of a call: of each, and of some. */
interface Names {
  readonly call: ReadonlySet<string>;
  readonly unanswered: ReadonlySet<string>;
  readonly store: ReadonlySet<string>;
  readonly count: ReadonlySet<string>;
  readonly update: ReadonlySet<string>;
}

export const Known: Names = {
  call: new Set(['signal', 'timeout']),
  unanswered: new Set(['signal', 'timeout', 'noreply']),
  store: new Set(['signal', 'timeout', 'noreply', 'ttl', 'flags']),
  count: new Set(['signal', 'timeout', 'noreply', 'ttl', 'initial']),
  update: new Set(['signal', 'timeout', 'ttl', 'attempts']),
};

/** For calls without options: nothing to look at. */
export const NO_OPTIONS: object = Object.freeze({});

/** What of options is about time. */
export function timing({ signal, timeout }: CallOptions): CallOptions {
  if (signal === undefined && timeout === undefined) return NO_OPTIONS;
  return { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
}

/** @throws {InvalidOptionError} there is one that nobody reads */
export function checkOptions(options: object, known: ReadonlySet<string>): void {
  if (options === NO_OPTIONS) return;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('the options of a call are an object, such as { ttl: 60 }');
  }
  for (const name in options) {
    if (!known.has(name)) {
      throw new InvalidOptionError(`this call has no option '${name}'; it takes ${[...known].join(', ')}`);
    }
  }
}
