import {
  type ClientRequest,
  memcachedTextClient,
  type MetaFlags,
  type Reply,
  type Uint64,
} from '@wirewright/codec-memcached-text';
import type { CodecFactory } from '@wirewright/core/codec';

import type { AnyBatch } from '../batch.ts';
import { Call } from '../call.ts';
import { LoginError } from '../errors.ts';
import { isBinaryKey, type WireKey } from '../keys.ts';
import type { CountOrder, Credentials, Dialect, Leased, Stored, StoreOrder } from './dialect.ts';
import { type FenceOp, FENCES } from './fence.ts';
import { GetCall, type GetOutcomes, type TextCall } from './get-group.ts';
import { mayBeUnanswered } from './may-be-unanswered.ts';
import { lineOf, replyError } from './reply-error.ts';
import { settleStored } from './settle-stored.ts';
import { TextBatch } from './text-batch.ts';
import { type CacheItem, type Decoder, settleValue } from './values.ts';

/** What reads the answer of a call. */
export type Read = (reply: Reply, call: TextCall) => boolean;

/** Replies of which more come. */
const PARTS: ReadonlySet<string> = new Set(['VALUE', 'STAT', 'ITEM', 'CONFIG', 'LINE']);

/** The classic commands: every memcached knows them. */
export class TextDialect implements Dialect {
  protected readonly decoder: Decoder;
  /** Sends a command that nobody waits for. */
  protected readonly post: (call: TextCall) => void;
  /** What goes behind commands that are not answered. */
  protected readonly fence: FenceOp = 'version';

  constructor(decoder: Decoder, post: (call: TextCall) => void) {
    this.decoder = decoder;
    this.post = post;
  }

  static codec(maxItemSize: number): CodecFactory<Reply, ClientRequest> {
    return memcachedTextClient({ maxItemSize });
  }

  batch(): AnyBatch {
    return new TextBatch(this.fence);
  }

  get(key: WireKey): TextCall {
    return new GetCall('get', key, this.#value);
  }

  gets(key: WireKey): TextCall {
    return new GetCall('gets', key, this.#item);
  }

  getAndTouch(key: WireKey, exptime: number): TextCall {
    return new GetCall('gat', key, this.#value, exptime);
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
      else fail(reply, call);
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
    const call = new Call<Reply, ClientRequest>(request, readUntil(FENCES[this.fence]));
    call.fence = { op: this.fence };
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
    else fail(reply, call);
    return true;
  };

  readonly #readLeased: Read = (reply, call) => {
    if (reply.status !== 'VA') {
      fail(reply, call);
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
      call.counters.misses++;
      call.resolve({ value: undefined, ...common } satisfies Leased<unknown>);
      return true;
    }
    call.counters.hits++;
    settleValue(call, this.decoder, source, valueStart, valueEnd, flags, (value) => ({ value, ...common }));
    return true;
  };

  // ---------------------------------------------------------------- reading answers

  readonly #hit = ({ source, valueStart, valueEnd, flags }: Reply, call: TextCall): void => {
    call.counters.hits++;
    settleValue(call, this.decoder, source, valueStart, valueEnd, Number(flags));
  };

  readonly #itemHit = ({ source, valueStart, valueEnd, flags: given, cas = 0 }: Reply, call: TextCall): void => {
    call.counters.hits++;
    const flags = Number(given);
    const result = (value: unknown): CacheItem<unknown> => ({ value, cas, flags });
    settleValue(call, this.decoder, source, valueStart, valueEnd, flags, result);
  };

  readonly #value: GetOutcomes = { hit: this.#hit, miss, fail };
  readonly #item: GetOutcomes = { hit: this.#itemHit, miss, fail };

  protected readonly readStored: Read = (reply, call) => {
    const stored = reply.status === 'HD' ? 'stored' : STORED.get(reply.status);
    if (stored === undefined) fail(reply, call);
    else settleStored(call, stored);
    return true;
  };

  readonly #readTouched: Read = (reply, call) => {
    if (reply.status === 'TOUCHED') call.resolve(true);
    else if (reply.status === 'NOT_FOUND') call.resolve(false);
    else fail(reply, call);
    return true;
  };

  readonly #readDeleted: Read = (reply, call) => {
    if (reply.status === 'DELETED') call.resolve(true);
    else if (reply.status === 'NOT_FOUND') call.resolve(false);
    else fail(reply, call);
    return true;
  };

  readonly #readCounter: Read = (reply, call) => {
    if (reply.status === 'NUMBER') call.resolve(reply.number);
    else if (reply.status === 'NOT_FOUND') call.resolve(undefined);
    else fail(reply, call);
    return true;
  };

  readonly #readOk: Read = (reply, call) => {
    if (reply.status === 'OK') call.resolve(undefined);
    else fail(reply, call);
    return true;
  };

  readonly #readVersion: Read = (reply, call) => {
    if (reply.status === 'VERSION') call.resolve(reply.text);
    else fail(reply, call);
    return true;
  };
}

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

export function miss(call: TextCall): void {
  call.counters.misses++;
  call.resolve(undefined);
}

/** The answer is none of those that the command has. */
export function fail(reply: Reply, call: TextCall): void {
  call.fail(replyError(reply));
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
