import {
  BinaryRequest,
  type BinaryResponse,
  isQuiet,
  memcachedBinaryClient,
  Opcode,
  type RequestFields,
  requests,
  Status,
  statusText,
} from '@wirewright/codec-memcached-binary';
import type { Uint64 } from '@wirewright/codec-memcached-text';
import { ProtocolError } from '@wirewright/core';
import type { CodecFactory } from '@wirewright/core/codec';

import type { StoreMode } from '../../store-mode.ts';
import type { AnyBatch } from '../batch.ts';
import { Call, type Waiter } from '../call.ts';
import { CommandError, LoginError, UnsupportedError, ValueTooLargeError } from '../errors.ts';
import type { WireKey } from '../keys.ts';
import { BinaryBatch } from './binary-batch.ts';
import type { CountOrder, Credentials, Dialect, Stored, StoreOrder } from './dialect.ts';
import { settleStored } from './settle-stored.ts';
import { type Decoder, settleValue } from './values.ts';

type BinaryCall = Call<BinaryResponse, RequestFields>;
type Read = (response: BinaryResponse, call: BinaryCall) => boolean;

/** Extras and key that a frame has besides its value. */
const AROUND_VALUE = 512;

/** The binary protocol: deprecated by memcached, but the only one with SASL, and the one that some services speak best. */
export class BinaryDialect implements Dialect {
  readonly #decoder: Decoder;

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
  }

  static codec(maxItemSize: number): CodecFactory<BinaryResponse, RequestFields> {
    return memcachedBinaryClient({ maxFrameLength: maxItemSize + AROUND_VALUE });
  }

  batch(): AnyBatch {
    return new BinaryBatch();
  }

  get(key: WireKey): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.get(key), this.#readValue, 0, miss);
  }

  gets(key: WireKey): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.get(key), this.#readItem, 0, miss);
  }

  getAndTouch(key: WireKey, exptime: number): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.getAndTouch(key, exptime), this.#readValue, 0, miss);
  }

  touch(key: WireKey, exptime: number): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.touch(key, exptime), this.#readDone);
  }

  store(order: StoreOrder, result: (stored: Stored) => unknown): BinaryCall {
    const { mode, key, data, size, flags, exptime, cas = 0 } = order;
    const appends = mode === 'append' || mode === 'prepend';
    const request: RequestFields = appends
      ? { opcode: STORES[mode], opaque: 0, key, value: data }
      : { opcode: STORES[mode], opaque: 0, cas, key, value: data, flags, exptime };
    return new Call<BinaryResponse, RequestFields>(request, this.#readStored[mode], size, storedSilently, result);
  }

  delete(key: WireKey, _unanswered: boolean, cas?: Uint64): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.delete(key, { cas }), this.#readDone, 0, done);
  }

  count(key: WireKey, { down, delta, initial, exptime, unanswered }: CountOrder): BinaryCall {
    const options = { delta, initial, exptime };
    const request = down ? requests.decrement(key, options) : requests.increment(key, options);
    return new Call<BinaryResponse, RequestFields>(request, this.#readCounter, 0, unanswered ? done : undefined);
  }

  flush(delay: number): BinaryCall {
    const request = requests.flush(delay === 0 ? {} : { delay });
    return new Call<BinaryResponse, RequestFields>(request, this.#readDone, 0, done);
  }

  version(): BinaryCall {
    return new Call<BinaryResponse, RequestFields>(requests.version(), (response, call) => {
      if (response.status === Status.Success) call.resolve(response.text());
      else fail(response, call);
      return true;
    });
  }

  stats(group: string | undefined): BinaryCall {
    const stats: Record<string, string> = {};
    return new Call<BinaryResponse, RequestFields>(requests.stat(group), (response, call) => {
      if (response.status !== Status.Success) {
        fail(response, call);
        return true;
      }
      const { key } = response;
      if (key !== '') stats[key] = response.text();
      else call.resolve(stats);
      return key === '';
    });
  }

  lease(): never {
    throw new UnsupportedError('the binary protocol has no leases', 'use protocol meta or text');
  }

  invalidate(): never {
    throw new UnsupportedError('the binary protocol cannot mark an item as out of date', 'use protocol meta or text');
  }

  command(request: unknown): BinaryCall {
    const given = request as RequestFields;
    // The opaque is the batch's.
    const own = given instanceof BinaryRequest ? given : { ...given };
    const silent = isQuiet(given.opcode) ? (call: Waiter): void => call.resolve([]) : undefined;
    return new Call<BinaryResponse, RequestFields>(own, readAll, 0, silent);
  }

  login({ username, password }: Credentials): BinaryCall {
    const request = requests.saslAuth('PLAIN', `\0${username}\0${password}`);
    return new Call<BinaryResponse, RequestFields>(request, (response, call) => {
      if (response.status === Status.Success) call.resolve(undefined);
      else call.reject(new LoginError(response.text() || statusText(response.status)));
      return true;
    });
  }

  // ---------------------------------------------------------------- reading answers

  readonly #readValue: Read = (response, call) => {
    if (response.status !== Status.Success) return readMiss(response, call);
    if (response.tooLarge) return refuse(response, call);
    call.counters.hits++;
    settleValue(call, this.#decoder, response.source, response.valueStart(), response.end, response.flags);
    return true;
  };

  readonly #readItem: Read = (response, call) => {
    if (response.status !== Status.Success) return readMiss(response, call);
    if (response.tooLarge) return refuse(response, call);
    call.counters.hits++;
    const { flags } = response;
    const cas = uint64(response.cas);
    const result = (value: unknown): object => ({ value, cas, flags });
    settleValue(call, this.#decoder, response.source, response.valueStart(), response.end, flags, result);
    return true;
  };

  readonly #readStored: Readonly<Record<StoreMode, Read>> = {
    set: (response, call) => this.#settleStored('set', response, call),
    cas: (response, call) => this.#settleStored('cas', response, call),
    add: (response, call) => this.#settleStored('add', response, call),
    replace: (response, call) => this.#settleStored('replace', response, call),
    append: (response, call) => this.#settleStored('append', response, call),
    prepend: (response, call) => this.#settleStored('prepend', response, call),
  };

  #settleStored(mode: StoreMode, response: BinaryResponse, call: BinaryCall): true {
    const stored = storedOf(mode, response.status);
    if (stored === undefined) fail(response, call);
    else settleStored(call, stored);
    return true;
  }

  readonly #readDone: Read = (response, call) => {
    const { status } = response;
    if (status === Status.Success) call.resolve(true);
    else if (status === Status.KeyNotFound || status === Status.KeyExists) call.resolve(false);
    else fail(response, call);
    return true;
  };

  readonly #readCounter: Read = (response, call) => {
    const { status } = response;
    if (status === Status.KeyNotFound) {
      call.resolve(undefined);
    } else if (status !== Status.Success) {
      fail(response, call);
    } else if (response.problem === undefined) {
      call.resolve(uint64(response.counter));
    } else {
      throw new ProtocolError('the answer to a change of a counter is no number of 64 bits');
    }
    return true;
  };
}

const STORES: Readonly<Record<StoreMode, number>> = {
  set: Opcode.Set,
  cas: Opcode.Set,
  add: Opcode.Add,
  replace: Opcode.Replace,
  append: Opcode.Append,
  prepend: Opcode.Prepend,
};

function storedSilently(call: BinaryCall): void {
  settleStored(call, 'stored');
}

/** What a status says of a command that stores; undefined when it is an error. */
function storedOf(mode: StoreMode, status: number): Stored | undefined {
  switch (status) {
    case Status.Success:
      return 'stored';
    case Status.NotStored:
      return 'not-stored';
    case Status.KeyExists:
      return mode === 'add' ? 'not-stored' : 'exists';
    case Status.KeyNotFound:
      return mode === 'cas' ? 'not-found' : 'not-stored';
    default:
      return undefined;
  }
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A number as long as that is exact. */
function uint64(value: bigint): Uint64 {
  return value <= MAX_SAFE ? Number(value) : value;
}

function miss(call: BinaryCall): void {
  call.counters.misses++;
  call.resolve(undefined);
}

function done(call: Waiter): void {
  call.resolve(true);
}

function readMiss(response: BinaryResponse, call: BinaryCall): true {
  if (response.status === Status.KeyNotFound) miss(call);
  else fail(response, call);
  return true;
}

/** The item is there, and was skipped. */
function refuse({ valueLength }: BinaryResponse, call: BinaryCall): true {
  call.counters.hits++;
  call.reject(
    new ValueTooLargeError(`a value of ${valueLength} bytes was skipped: raise maxItemSize if it is legitimate`, true),
  );
  return true;
}

/** The answer is an error. */
function fail(response: BinaryResponse, call: BinaryCall): void {
  const { status } = response;
  if (status === Status.TooLarge) {
    call.fail(
      new ValueTooLargeError('the value is larger than the server takes, which is told by its option -I', true),
    );
    return;
  }
  const text = response.text() || statusText(status) || `status 0x${status.toString(16)}`;
  call.fail(new CommandError(text, status));
}

/** Gathers the frames of an answer: those of Stat end with one that has no key. */
const readAll: Read = (response, call) => {
  (call.frames ??= []).push(response.retain());
  if (response.opcode === Opcode.Stat && response.status === Status.Success && response.keyLength > 0) return false;
  call.resolve(call.frames);
  return true;
};
