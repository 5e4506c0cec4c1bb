import type { FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import { quietOpcode } from './opcode-rules.ts';
import { Opcode } from './opcode.ts';
import type { RequestFields } from './request.ts';
import type { Uint64 } from './uint64.ts';

/** What every request can have. */
export interface RequestOptions {
  /** 32 bits that the answer will have, too. Default 0. */
  readonly opaque?: number | undefined;
  /** Default 0; memcached ignores it. */
  readonly vbucket?: number | undefined;
}

/** Options of requests that have a quiet kind. */
export interface QuietOptions extends RequestOptions {
  /** Whether the server is to say nothing of success, or for a get, of a miss; see `isSilent`. Default false. */
  readonly quiet?: boolean | undefined;
}

/** Of `get`. */
export interface GetOptions extends QuietOptions {
  /** Whether the answer is to have the key in it. Default false. */
  readonly withKey?: boolean | undefined;
}

/** Options of requests that can be made to depend on the version of the item. */
export interface ChangeOptions extends QuietOptions {
  /** The version that the item has to have, such as the response that it came with; 0, the default, for any. */
  readonly cas?: Cas | undefined;
}

/** Of `set`, `add` and `replace`. */
export interface StoreOptions extends ChangeOptions {
  /** 32 bits that are kept with the value. Default 0. */
  readonly flags?: number | undefined;
  /** When the item expires: in seconds from now, or above 30 days as Unix time; 0, the default, for never. */
  readonly exptime?: number | undefined;
}

/** Of `increment` and `decrement`. */
export interface CounterOptions extends ChangeOptions {
  /** By how much. Default 1. */
  readonly delta?: Uint64 | undefined;
  /** What a counter that is not there is made with; without it none is made, and the answer is `Status.KeyNotFound`. */
  readonly initial?: Uint64 | undefined;
  /** When a counter that is made expires, as for Set. Default 0, never. */
  readonly exptime?: number | undefined;
}

/** Of `flush`. */
export interface FlushOptions extends QuietOptions {
  /** When: in seconds from now, or above 30 days as Unix time. Default at once. */
  readonly delay?: number | undefined;
}

/** In place of the time at which a counter expires: it is not made. */
const NOT_MADE = 0xffff_ffff;

/**
 * A function for every opcode, which makes the request for it.
 *
 * ```ts
 * connection.send(requests.set('greeting', 'hello', { exptime: 60, opaque: 1 }));
 * ```
 */
export const requests = {
  /** Asks for the value and the flags. Of a quiet one a miss is not answered. */
  get(key: FrameBody, options: GetOptions = {}): RequestFields {
    return make(quietly(options.withKey === true ? Opcode.GetK : Opcode.Get, options), options, key);
  },

  /** Get, and set when the item expires. */
  getAndTouch(key: FrameBody, exptime: number, options: GetOptions = {}): RequestFields {
    const opcode = options.withKey === true ? Opcode.GatK : Opcode.Gat;
    return make(quietly(opcode, options), options, key, undefined, 0, 0, exptime);
  },

  /** Set when the item expires. */
  touch(key: FrameBody, exptime: number, options: RequestOptions = {}): RequestFields {
    return make(Opcode.Touch, options, key, undefined, 0, 0, exptime);
  },

  /** Stores the value, whether there is one or not. */
  set(key: FrameBody, value: FrameBody, options: StoreOptions = {}): RequestFields {
    return store(Opcode.Set, key, value, options);
  },

  /** Set, if there is none. */
  add(key: FrameBody, value: FrameBody, options: StoreOptions = {}): RequestFields {
    return store(Opcode.Add, key, value, options);
  },

  /** Set, if there is one. */
  replace(key: FrameBody, value: FrameBody, options: StoreOptions = {}): RequestFields {
    return store(Opcode.Replace, key, value, options);
  },

  /** Puts `value` behind the value that there is; without one the answer is `Status.NotStored`. */
  append(key: FrameBody, value: FrameBody, options: ChangeOptions = {}): RequestFields {
    return make(quietly(Opcode.Append, options), options, key, value, options.cas);
  },

  /** Puts `value` in front of the value that there is; without one the answer is `Status.NotStored`. */
  prepend(key: FrameBody, value: FrameBody, options: ChangeOptions = {}): RequestFields {
    return make(quietly(Opcode.Prepend, options), options, key, value, options.cas);
  },

  /** Deletes the item; without one the answer is `Status.KeyNotFound`. */
  delete(key: FrameBody, options: ChangeOptions = {}): RequestFields {
    return make(quietly(Opcode.Delete, options), options, key, undefined, options.cas);
  },

  /** Adds to a counter, whose new value is the answer; behind 2^64 - 1 it goes on at 0. */
  increment(key: FrameBody, options: CounterOptions = {}): RequestFields {
    return count(Opcode.Increment, key, options);
  },

  /** Takes away from a counter, whose new value is the answer; it stops at 0. */
  decrement(key: FrameBody, options: CounterOptions = {}): RequestFields {
    return count(Opcode.Decrement, key, options);
  },

  /** Is answered behind all that was sent before: what was quiet and is not answered by then will not be. */
  noop(options: RequestOptions = {}): RequestFields {
    return make(Opcode.Noop, options);
  },

  /** Asks for the version of the server; the answer has it as its value. */
  version(options: RequestOptions = {}): RequestFields {
    return make(Opcode.Version, options);
  },

  /** Forget everything. */
  flush(options: FlushOptions = {}): RequestFields {
    const { delay } = options;
    return make(quietly(Opcode.Flush, options), options, undefined, undefined, 0, 0, delay);
  },

  /** Asks for statistics, those of `group` or the general ones. Answered by as many responses as there are statistics, and one without key and value behind them. */
  stat(group?: FrameBody, options: RequestOptions = {}): RequestFields {
    return make(Opcode.Stat, options, group);
  },

  /** Sets how much the server logs. memcached answers that it does not know it. */
  verbosity(level: number, options: RequestOptions = {}): RequestFields {
    return make(Opcode.Verbosity, options, undefined, undefined, 0, 0, undefined, undefined, undefined, level);
  },

  /** Asks the server to close the connection. */
  quit(options: QuietOptions = {}): RequestFields {
    return make(quietly(Opcode.Quit, options), options);
  },

  /** Asks for the mechanisms, which come as a text with spaces between them. */
  saslList(options: RequestOptions = {}): RequestFields {
    return make(Opcode.SaslList, options);
  },

  /** Logs in. For PLAIN the data is `\0user\0password`. */
  saslAuth(mechanism: FrameBody, data: FrameBody, options: RequestOptions = {}): RequestFields {
    return make(Opcode.SaslAuth, options, mechanism, data);
  },

  /** The answer to a challenge, which came with `Status.AuthContinue`. */
  saslStep(mechanism: FrameBody, data: FrameBody, options: RequestOptions = {}): RequestFields {
    return make(Opcode.SaslStep, options, mechanism, data);
  },
} as const;

function quietly(opcode: number, { quiet }: QuietOptions): number {
  return quiet === true ? quietOpcode(opcode) : opcode;
}

function store(opcode: number, key: FrameBody, value: FrameBody, options: StoreOptions): RequestFields {
  const { cas, flags, exptime = 0 } = options;
  return make(quietly(opcode, options), options, key, value, cas, flags, exptime);
}

function count(opcode: number, key: FrameBody, options: CounterOptions): RequestFields {
  const { cas, delta = 1, initial, exptime = 0 } = options;
  const expires = initial === undefined ? NOT_MADE : exptime;
  return make(quietly(opcode, options), options, key, undefined, cas, 0, expires, delta, initial);
}

/** All requests have the same fields in the same order, so that encoding them sees objects of one shape. */
function make(
  opcode: number,
  { opaque = 0, vbucket = 0 }: RequestOptions,
  key?: FrameBody,
  value?: FrameBody,
  cas: Cas = 0,
  flags: number = 0,
  exptime?: number,
  delta: Uint64 = 0,
  initial: Uint64 = 0,
  level: number = 0,
): RequestFields {
  return { opcode, opaque, vbucket, cas, key, value, flags, exptime, delta, initial, level };
}
