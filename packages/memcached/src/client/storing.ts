import { Buffer } from 'node:buffer';

import type { Uint64 } from '@wirewright/codec-memcached-text';
import { InvalidOptionError, isThenable } from '@wirewright/core';
import { bodyLength, ByteView, type FrameBody } from '@wirewright/core/codec';

import type { StoreMode } from '../store-mode.ts';
import { checkOptions, Known, type StoreOptions, timing } from './call-options.ts';
import type { AnyCall } from './call.ts';
import type { Stored } from './dialect/dialect.ts';
import { InvalidValueError, ValueTooLargeError } from './errors.ts';
import { type Fleet, handled } from './fleet.ts';
import type { CacheKey, WireKey } from './keys.ts';
import type { RemoteServer } from './remote-server.ts';
import { exptimeOf } from './ttl.ts';
import type { Encoded, Serializer } from './values/serializer.ts';

/** Text up to this length is encoded right into what is sent. */
const SHORT_TEXT = 1024;

/** What becomes of a value that is stored only in place of a certain one. */
export type CasOutcome = 'stored' | 'exists' | 'not-found';

/** Puts values into commands. */
export class Storing<In, Out> {
  readonly #fleet: Fleet;
  readonly #serializer: Serializer<In, Out>;
  readonly #maxItemSize: number;

  constructor(fleet: Fleet, serializer: Serializer<In, Out>, maxItemSize: number) {
    this.#fleet = fleet;
    this.#serializer = serializer;
    this.#maxItemSize = maxItemSize;
  }

  /** Stores a value. Resolves with what `result` makes of the outcome. */
  store<T>(
    mode: StoreMode,
    key: CacheKey,
    value: In,
    options: StoreOptions,
    result: (stored: Stored) => T,
    cas?: Uint64,
  ): Promise<T> {
    try {
      checkOptions(options, mode === 'append' || mode === 'prepend' ? Known.unanswered : Known.store);
      const encoded = this.encode(value);
      if (!isThenable(encoded)) return this.put(mode, key, encoded, options, result, cas);
      const stored = encoded.then((ready) => this.put(mode, key, ready, options, result, cas));
      return options.noreply === true ? handled(stored) : stored;
    } catch (error) {
      const failed = Promise.reject<T>(error);
      return options?.noreply === true ? handled(failed) : failed;
    }
  }

  /** Stores what was encoded. */
  put<T>(
    mode: StoreMode,
    key: CacheKey,
    encoded: Encoded,
    options: StoreOptions,
    result: (stored: Stored) => T,
    cas?: Uint64,
  ): Promise<T> {
    const wire = this.#fleet.keys.wire(key);
    const server = this.#fleet.route(wire);
    const call = this.call(server, mode, wire, encoded, options, result, cas);
    return options.noreply === true ? server.post<T>(call) : server.ask<T>(call, options);
  }

  /**
   * Stores many values; of a key that is there twice, the last.
   *
   * @throws {BatchError} (rejects) some keys failed
   */
  async storeMany<Key extends CacheKey>(
    entries: Iterable<readonly [Key, In]> | Readonly<Record<string, In>>,
    options: StoreOptions,
  ): Promise<void> {
    checkOptions(options, Known.store);
    if (typeof entries !== 'object' || entries === null) {
      throw new InvalidOptionError('entries are pairs of keys and values, or an object');
    }
    const values = new Map<CacheKey, In>(Symbol.iterator in entries ? entries : Object.entries(entries));
    // What cannot be encoded is the failure of its key.
    const encoded = await Promise.allSettled(Array.from(values.values(), async (value) => this.encode(value)));
    const byKey = new Map(Array.from(values.keys(), (key, index) => [key, encoded[index]!]));
    await this.#fleet.many(
      values.keys(),
      timing(options),
      (server, wire, key) => {
        const ready = byKey.get(key)!;
        if (ready.status === 'rejected') throw ready.reason;
        return this.call(server, 'set', wire, ready.value, options, asSet);
      },
      (parts) => parts.map(({ key }) => key),
    );
  }

  /**
   * @throws {InvalidValueError} the serializer made no bytes
   * @throws {ValueTooLargeError} it made too many
   * @throws {InvalidOptionError} an option is out of range
   */
  call(
    { dialect, maxTtl }: RemoteServer,
    mode: StoreMode,
    key: WireKey,
    { data: encoded, flags: own }: Encoded,
    { ttl, flags = own, noreply }: StoreOptions,
    result: (stored: Stored) => unknown,
    cas?: Uint64,
  ): AnyCall {
    // Long text would be counted again and again on its way.
    const data = typeof encoded === 'string' && encoded.length > SHORT_TEXT ? Buffer.from(encoded) : encoded;
    const size = sizeOf(data);
    if (size > this.#maxItemSize) {
      throw new ValueTooLargeError(
        `a value of ${size} bytes is over maxItemSize, which is ${this.#maxItemSize}`,
        false,
      );
    }
    if (flags >>> 0 !== flags)
      throw new InvalidOptionError(`flags are an unsigned 32-bit integer, not ${String(flags)}`);
    const exptime = exptimeOf(ttl, maxTtl);
    return dialect.store({ mode, key, data, size, flags, exptime, cas, unanswered: noreply === true }, result);
  }

  /** @throws {InvalidValueError} (or rejects) the serializer makes nothing of it */
  encode(value: In): Encoded | Promise<Encoded> {
    let encoded: Encoded | Promise<Encoded>;
    try {
      encoded = this.#serializer.encode(value);
    } catch (error) {
      throw unencodable(error);
    }
    if (!isThenable(encoded)) return encoded;
    return Promise.resolve(encoded).catch((error: unknown) => {
      throw unencodable(error);
    });
  }

  /** A value as it comes back when it has been stored. */
  readBack({ data, flags }: Encoded): Out | Promise<Out> {
    const bytes = data instanceof ByteView ? data : new ByteView(typeof data === 'string' ? Buffer.from(data) : data);
    return this.#serializer.decode(bytes, flags);
  }
}

export function asSet(stored: Stored): void {
  if (stored !== 'stored') throw new InvalidValueError(`the server did not store the value: ${stored}`);
}

export function asBoolean(stored: Stored): boolean {
  return stored === 'stored';
}

/** Of mode `cas`. */
export function asCas(stored: Stored): CasOutcome {
  return stored as CasOutcome;
}

function unencodable(error: unknown): InvalidValueError {
  return new InvalidValueError('the serializer cannot store the value', error);
}

/** @throws {InvalidValueError} the serializer made no bytes */
function sizeOf(data: FrameBody): number {
  if (typeof data === 'string' || data instanceof Uint8Array || data instanceof ByteView)
    return bodyLength(data, 'utf8');
  throw new InvalidValueError(
    `a value is stored as text or bytes, not as ${typeof data}: choose a serializer (values)`,
  );
}
