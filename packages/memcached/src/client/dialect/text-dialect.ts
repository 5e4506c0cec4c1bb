import {
  type ClientRequest,
  memcachedTextClient,
  type MetaFlags,
  type Reply,
  type Uint64,
} from '@wirewright/codec-memcached-text';
import { ProtocolError } from '@wirewright/core';
import type { CodecFactory } from '@wirewright/core/codec';

import type { AnyBatch } from '../batch.ts';
import { Call, type Waiter } from '../call.ts';
import type { CallCounters } from '../counters.ts';
import { CommandError, LoginError, ValueTooLargeError } from '../errors.ts';
import { isBinaryKey, type WireKey } from '../keys.ts';
import type { CountOrder, Credentials, Dialect, Leased, Stored, StoreOrder } from './dialect.ts';
import { GetCall, isKey, notAskedFor } from './get-group.ts';
import { mayBeUnanswered } from './may-be-unanswered.ts';
import { settleStored } from './settle-stored.ts';
import { TextBatch } from './text-batch.ts';
import { type CacheItem, type Decoder, settleValue } from './values.ts';

export type TextCall = Call<Reply, ClientRequest>;

/** What reads the answer of a call. */
export type Read = (reply: Reply, call: TextCall) => boolean;

/** Replies of which more come. */
const PARTS: ReadonlySet<string> = new Set(['VALUE', 'STAT', 'ITEM', 'CONFIG', 'LINE']);

/** The classic commands: every memcached knows them. */
export class TextDialect implements Dialect {
  protected readonly decoder: Decoder;
  protected readonly counters: CallCounters;

  /** Sends a command that nobody waits for. */
  protected readonly post: (call: TextCall) => void;

  constructor(decoder: Decoder, counters: CallCounters, post: (call: TextCall) => void) {
    this.decoder = decoder;
    this.counters = counters;
    this.post = post;
  }

  static codec(maxItemSize: number): CodecFactory<Reply, ClientRequest> {
    return memcachedTextClient({ maxItemSize });
  }

  batch(): AnyBatch {
    return new TextBatch(() => this.fence(), this.failed);
  }

  get(key: WireKey): TextCall {
    return new GetCall('get', key, this.hit, this.miss);
  }

  gets(key: WireKey): TextCall {
    return new GetCall('gets', key, this.itemHit, this.miss);
  }

  getAndTouch(key: WireKey, exptime: number): TextCall {
    let found = false;
    const read: Read = (reply, call) => {
      if (reply.status === 'VALUE') {
        if (found || !isKey(reply, key)) throw notAskedFor();
        found = true;
        this.hit(reply, call);
        return false;
      }
      if (reply.status !== 'END') this.fail(reply, call);
      else if (!found) this.miss(call);
      return true;
    };
    return new Call<Reply, ClientRequest>({ op: 'gat', key, exptime }, read);
  }

  touch(key: WireKey, exptime: number, unanswered: boolean): TextCall {
    return new Call<Reply, ClientRequest>({ op: 'touch', key, exptime, noreply: unanswered }, this.#readTouched);
  }

  store(order: StoreOrder, result: (stored: Stored) => unknown): TextCall {
    const { mode, key, data, size, flags, exptime, cas, unanswered } = order;
    const request: ClientRequest = { op: mode, key, value: data, flags, exptime, cas, noreply: unanswered };
    return new Call<Reply, ClientRequest>(request, this.readStored, size, undefined, result);
  }

  delete(key: WireKey, unanswered: boolean, cas?: Uint64): TextCall {
    // There is no classic command for a certain version.
    if (cas !== undefined) return this.meta('md', key, `C${cas}`, this.readMetaDone);
    return new Call<Reply, ClientRequest>({ op: 'delete', key, noreply: unanswered }, this.#readDeleted);
  }

  count(key: WireKey, { down, delta, unanswered }: CountOrder): TextCall {
    const op = down ? 'decr' : 'incr';
    return new Call<Reply, ClientRequest>({ op, key, delta, noreply: unanswered }, this.#readCounter);
  }

  flush(delay: number): TextCall {
    const request: ClientRequest = delay === 0 ? { op: 'flush_all' } : { op: 'flush_all', exptime: delay };
    return new Call<Reply, ClientRequest>(request, this.#readOk);
  }

  version(): TextCall {
    return new Call<Reply, ClientRequest>({ op: 'version' }, this.#readVersion);
  }

  stats(group: string | undefined): TextCall {
    const stats: Record<string, string> = {};
    const read: Read = (reply, call) => {
      if (reply.status === 'STAT' || reply.status === 'ITEM') {
        stats[reply.key] = reply.text;
        return false;
      }
      if (reply.status === 'END' || reply.status === 'RESET' || reply.status === 'OK') call.resolve(stats);
      else this.fail(reply, call);
      return true;
    };
    const words = group === undefined ? [] : group.split(' ');
    return new Call<Reply, ClientRequest>({ op: 'stats', tokens: ['stats', ...words] }, read);
  }

  lease(key: WireKey, lease: number, recache: number): TextCall {
    const flags = recache === 0 ? `v f t c N${lease}` : `v f t c N${lease} R${recache}`;
    return this.meta('mg', key, flags, this.#readLeased);
  }

  invalidate(key: WireKey, exptime: number, cas?: Uint64): TextCall {
    let flags = 'I';
    if (exptime !== 0) flags += ` T${exptime}`;
    if (cas !== undefined) flags += ` C${cas}`;
    return this.meta('md', key, flags, this.readMetaDone);
  }

  command(given: unknown): TextCall {
    const request = given as ClientRequest;
    if (!mayBeUnanswered(request)) return new Call(request, readAll);
    const { request: fence } = this.fence();
    const call = new Call<Reply, ClientRequest>(request, readUntil(fence.op === 'mn' ? 'MN' : 'VERSION'));
    call.fence = fence;
    return call;
  }

  login({ username, password }: Credentials): TextCall {
    const read: Read = (reply, call) => {
      if (reply.status === 'STORED') call.resolve(undefined);
      else call.reject(new LoginError(lineOf(reply)));
      return true;
    };
    // doc/protocol.txt, "Authentication": a `set` of any key.
    return new Call<Reply, ClientRequest>({ op: 'set', key: 'login', value: `${username} ${password}` }, read);
  }

  // ---------------------------------------------------------------- for meta commands, which every dialect of text has some of

  protected meta(op: 'mg' | 'md' | 'ma', key: WireKey, flags: MetaFlags | undefined, read: Read): TextCall {
    return new Call<Reply, ClientRequest>({ op, key, flags, base64: isBinaryKey(key) }, read);
  }

  protected readonly readMetaDone: Read = (reply, call) => {
    if (reply.status === 'HD') call.resolve(true);
    else if (reply.status === 'NF' || reply.status === 'EX') call.resolve(false);
    else this.fail(reply, call);
    return true;
  };

  readonly #readLeased: Read = (reply, call) => {
    if (reply.status !== 'VA') {
      this.fail(reply, call);
      return true;
    }
    const won = reply.has('W');
    const stale = reply.has('X');
    const taken = reply.has('Z');
    const cas = reply.flagNumber('c') ?? 0;
    const flags = Number(reply.flagNumber('f') ?? 0);
    const { source, valueStart, valueEnd } = reply;
    const common = { cas, won, taken, stale };
    // A place that was made for a value is empty, until there is one.
    if (valueStart === valueEnd && flags === 0 && (won || taken) && !stale) {
      this.counters.misses++;
      call.resolve({ value: undefined, ...common } satisfies Leased<unknown>);
      return true;
    }
    this.counters.hits++;
    settleValue(call, this.decoder, source, valueStart, valueEnd, flags, (value) => ({ value, ...common }));
    return true;
  };

  // ---------------------------------------------------------------- reading answers

  protected readonly hit = ({ source, valueStart, valueEnd, flags }: Reply, call: Waiter): void => {
    this.counters.hits++;
    settleValue(call, this.decoder, source, valueStart, valueEnd, Number(flags));
  };

  protected readonly itemHit = ({ source, valueStart, valueEnd, flags: given, cas = 0 }: Reply, call: Waiter): void => {
    this.counters.hits++;
    const flags = Number(given);
    const result = (value: unknown): CacheItem<unknown> => ({ value, cas, flags });
    settleValue(call, this.decoder, source, valueStart, valueEnd, flags, result);
  };

  protected readonly miss = (call: Waiter): void => {
    this.counters.misses++;
    call.resolve(undefined);
  };

  protected readonly readStored: Read = (reply, call) => {
    const stored = reply.status === 'HD' ? 'stored' : STORED.get(reply.status);
    if (stored === undefined) this.fail(reply, call);
    else settleStored(call, stored);
    return true;
  };

  readonly #readTouched: Read = (reply, call) => {
    if (reply.status === 'TOUCHED') call.resolve(true);
    else if (reply.status === 'NOT_FOUND') call.resolve(false);
    else this.fail(reply, call);
    return true;
  };

  readonly #readDeleted: Read = (reply, call) => {
    if (reply.status === 'DELETED') call.resolve(true);
    else if (reply.status === 'NOT_FOUND') call.resolve(false);
    else this.fail(reply, call);
    return true;
  };

  readonly #readCounter: Read = (reply, call) => {
    if (reply.status === 'NUMBER') call.resolve(reply.number);
    else if (reply.status === 'NOT_FOUND') call.resolve(undefined);
    else this.fail(reply, call);
    return true;
  };

  readonly #readOk: Read = (reply, call) => {
    if (reply.status === 'OK') call.resolve(undefined);
    else this.fail(reply, call);
    return true;
  };

  readonly #readVersion: Read = (reply, call) => {
    if (reply.status === 'VERSION') call.resolve(reply.text);
    else this.fail(reply, call);
    return true;
  };

  /** Goes behind commands that are not answered. */
  protected fence(): TextCall {
    return this.fenceOf({ op: 'version' }, 'VERSION');
  }

  protected fenceOf(request: ClientRequest, status: Reply['status']): TextCall {
    const read: Read = (reply) => {
      if (reply.status === status) return true;
      // That there was nothing to delete, or the like, is said of meta commands whatever they asked for.
      if (OUTCOMES.has(reply.status)) return false;
      this.failed(reply);
      this.counters.unansweredErrors++;
      return false;
    };
    const fence = new Call<Reply, ClientRequest>(request, read);
    fence.reject = () => {};
    return fence;
  }

  /** What has gone wrong, when a reply is none that belongs to the command. */
  protected readonly failed = (reply: Reply): Error => {
    this.counters.errors++;
    if (!reply.isError && !BUSY.has(reply.status)) {
      throw new ProtocolError(`${JSON.stringify(lineOf(reply))} is no answer to what was asked`);
    }
    return answerError(lineOf(reply));
  };

  protected fail(reply: Reply, call: Waiter): void {
    call.reject(this.failed(reply));
  }
}

/** Answers that are refusals of some commands, and mean nothing else. */
const BUSY: ReadonlySet<string> = new Set(['BUSY', 'BADCLASS', 'NOSPARE', 'NOTFULL', 'UNSAFE', 'SAME']);

/** Answers of meta commands with flag `q` that say what has become of them, and not that something is wrong. */
const OUTCOMES: ReadonlySet<string> = new Set(['NF', 'NS', 'EX', 'EN']);

/** What a command that stores was answered. */
const STORED: ReadonlyMap<string, Stored> = new Map([
  ['STORED', 'stored'],
  ['NOT_STORED', 'not-stored'],
  ['EXISTS', 'exists'],
  ['NOT_FOUND', 'not-found'],
  ['NS', 'not-stored'],
  ['EX', 'exists'],
  ['NF', 'not-found'],
]);

function lineOf({ source, start, lineEnd }: Reply): string {
  return source.toString('utf8', start, lineEnd);
}

/** The error that a line of the server is. */
function answerError(answer: string): Error {
  if (answer === 'SERVER_ERROR object too large for cache') {
    return new ValueTooLargeError('the value is larger than the server takes, which is told by its option -I', true);
  }
  return new CommandError(answer);
}

/** Gathers the frames of an answer that may be none. */
function readUntil(fence: Reply['status']): Read {
  return (reply, call) => {
    call.frames ??= [];
    if (reply.status !== fence) {
      call.frames.push(reply.retain());
      return false;
    }
    call.resolve(call.frames);
    return true;
  };
}

/** Gathers the frames of an answer. */
const readAll: Read = (reply, call) => {
  (call.frames ??= []).push(reply.retain());
  if (PARTS.has(reply.status)) return false;
  call.resolve(call.frames);
  return true;
};
