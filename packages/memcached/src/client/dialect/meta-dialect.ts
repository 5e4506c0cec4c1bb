import type { ClientRequest, MetaFields, MetaStoreFields, Reply, Uint64 } from '@wirewright/codec-memcached-text';
import { readLatin1 } from '@wirewright/core/codec';

import type { StoreMode } from '../../store-mode.ts';
import type { AnyBatch } from '../batch.ts';
import { Call } from '../call.ts';
import { isBinaryKey, type WireKey } from '../keys.ts';
import type { CountOrder, Stored, StoreOrder } from './dialect.ts';
import type { FenceOp } from './fence.ts';
import type { TextCall } from './get-group.ts';
import { OrderedBatch } from './ordered-batch.ts';
import { fail, miss, type Read, TextDialect } from './text-dialect.ts';
import { settleValue } from './values.ts';

/** Modes of `ms` that are not its own (doc/protocol.txt, "Meta Set"). */
const MODES: Readonly<Partial<Record<StoreMode, string>>> = {
  add: ' ME',
  append: ' MA',
  prepend: ' MP',
  replace: ' MR',
};

/** The meta commands, which memcached has since 1.6, and the classic ones for the rest. */
export class MetaDialect extends TextDialect {
  protected override readonly fence: FenceOp = 'mn';

  override batch(): AnyBatch {
    return new OrderedBatch(this.fence);
  }

  override get(key: WireKey): TextCall {
    return this.meta('mg', key, 'v f', this.#readValue);
  }

  override gets(key: WireKey): TextCall {
    return this.meta('mg', key, 'v f c', this.#readItem);
  }

  override getAndTouch(key: WireKey, exptime: number): TextCall {
    return this.meta('mg', key, `v f T${exptime}`, this.#readValue);
  }

  override touch(key: WireKey, exptime: number, unanswered: boolean): TextCall {
    return this.meta('mg', key, unanswered ? `q T${exptime}` : `T${exptime}`, this.#readTouched);
  }

  override store(order: StoreOrder, result: (stored: Stored) => unknown): TextCall {
    const { mode, key, data, size, flags, exptime, cas, unanswered } = order;
    let words = MODES[mode] ?? '';
    if (flags !== 0) words += ` F${flags}`;
    if (exptime !== 0) words += ` T${exptime}`;
    if (cas !== undefined) words += ` C${cas}`;
    if (unanswered) words += ' q';
    const request: MetaStoreFields = {
      op: 'ms',
      key,
      value: data,
      flags: words === '' ? undefined : words.slice(1),
      base64: isBinaryKey(key),
    };
    return new Call<Reply, ClientRequest>(request, this.readStored, size, undefined, result);
  }

  override delete(key: WireKey, unanswered: boolean, cas?: Uint64): TextCall {
    const version = cas === undefined ? undefined : `C${cas}`;
    return this.meta('md', key, unanswered ? 'q' : version, this.readMetaDone);
  }

  override count(key: WireKey, { down, delta, initial, exptime, unanswered }: CountOrder): TextCall {
    let words = `v D${delta}`;
    if (down) words += ' MD';
    // N has a counter made, and J says with what.
    if (initial !== undefined) words += ` N${exptime} J${initial}`;
    if (unanswered) words += ' q';
    return this.meta('ma', key, words, this.#readCounter);
  }

  readonly #readValue: Read = (reply, call) => {
    if (reply.status === 'VA') {
      if (isPlace(reply)) {
        miss(call);
        return true;
      }
      call.counters.hits++;
      this.#keepLease(reply, call);
      settleValue(call, this.decoder, reply.source, reply.valueStart, reply.valueEnd, flagsOf(reply));
    } else if (reply.status === 'EN') {
      miss(call);
    } else {
      fail(reply, call);
    }
    return true;
  };

  readonly #readItem: Read = (reply, call) => {
    if (reply.status !== 'VA' || isPlace(reply)) return this.#readValue(reply, call);
    call.counters.hits++;
    this.#keepLease(reply, call);
    const flags = flagsOf(reply);
    const cas = reply.flagNumber('c') ?? 0;
    const result = (value: unknown): object => ({ value, cas, flags });
    settleValue(call, this.decoder, reply.source, reply.valueStart, reply.valueEnd, flags, result);
    return true;
  };

  /**
   * Whoever reads an item that is out of date first is told to compute it anew, even when it did not ask for that (proto_text.c,
   * `process_mget_command`): it is given back, for those who do.
   */
  #keepLease(reply: Reply, { request }: TextCall): void {
    if (reply.lineEnd - reply.textStart > SHORTEST_LEASE && reply.has('W')) {
      this.post(this.meta('md', (request as MetaFields).key as WireKey, 'q I', this.readMetaDone));
    }
  }

  readonly #readTouched: Read = (reply, call) => {
    if (reply.status === 'HD') call.resolve(true);
    else if (reply.status === 'EN') call.resolve(false);
    else fail(reply, call);
    return true;
  };

  readonly #readCounter: Read = (reply, call) => {
    if (reply.status === 'VA') call.resolve(counterOf(reply));
    else if (reply.status === 'NF') call.resolve(undefined);
    else fail(reply, call);
    return true;
  };
}

/** Whether there is no value yet, but a place that `fetch` has made for one. */
function isPlace(reply: Reply): boolean {
  return reply.valueStart === reply.valueEnd && reply.has('Z') && !reply.has('X');
}

/** As long as `f0`: there is no room for more flags. */
const SHORTEST_LEASE = 2;

const F = 0x66;
const ZERO = 0x30;

/** Number behind the flag `f`, which stands first and is nearly always `f0`. */
function flagsOf(reply: Reply): number {
  const { source, textStart, lineEnd } = reply;
  if (lineEnd - textStart === 2 && source[textStart] === F) return source[textStart + 1]! - ZERO;
  return Number(reply.flagNumber('f') ?? 0);
}

/** The digits of the value. */
function counterOf({ source, valueStart, valueEnd }: Reply): Uint64 {
  const digits = readLatin1(source, valueStart, valueEnd);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits.trim());
}
