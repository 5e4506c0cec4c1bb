import type { Buffer } from 'node:buffer';

import type { BinaryResponse, RequestFields } from '@wirewright/codec-memcached-binary';
import type { ClientRequest, Reply, Uint64 } from '@wirewright/codec-memcached-text';
import { type CloseOptions, type CloseResult, type Exchange, InvalidOptionError } from '@wirewright/core';
import { type FrameBody, integerOption } from '@wirewright/core/codec';

import {
  type CallOptions,
  checkOptions,
  type CountOptions,
  Known,
  NO_OPTIONS,
  type StoreOptions,
  timing,
  type UnansweredOptions,
  type UpdateOptions,
} from './call-options.ts';
import type { CallCounters } from './counters.ts';
import { Counting } from './counting.ts';
import type { CacheItem } from './dialect/values.ts';
import { ConflictError, UnsupportedError } from './errors.ts';
import { type CommandTarget, Fleet, type MemcachedServerStatus } from './fleet.ts';
import { type FetchOptions, Herd, type Producer } from './herd.ts';
import type { CacheKey } from './keys.ts';
import { leasedPlace } from './leased-place.ts';
import { type ClientSettings, clientSettings, type MemcachedClientOptions } from './options.ts';
import type { MemcachedPlace } from './places.ts';
import { asBoolean, asCas, asSet, type CasOutcome, Storing } from './storing.ts';
import { exptimeOf } from './ttl.ts';
import { isUint64 } from './uint64.ts';

const LONGEST_INVALIDATION = 60 * 60 * 24 * 30;

/**
 * Asks memcached servers for items, over the text, meta or binary protocol.
 *
 * ```ts
 * await using cache = new MemcachedClient('localhost:11211');
 * await cache.set('greeting', 'hello', { ttl: 60 });
 * console.log(String(await cache.get('greeting')));
 * ```
 *
 * What is asked of a server in one turn of the event loop leaves in one write, whoever asks. Each call settles once, within `timeout`
 * unless it says otherwise, and no call ever gets what was answered to another. Nothing is sent twice.
 *
 * Every call can reject with:
 *
 * - `InvalidKeyError`, `InvalidOptionError`: it was not sent
 * - `RequestTimeoutError`, `PoolTimeoutError`: not answered in time; or the reason of `signal`
 * - `ConnectError`, `TlsError`, `LoginError`: there is no connection, and none can be made
 * - `ConnectionLostError`: the connection broke first; `sent` says whether the server may have acted
 * - `ServerDownError`: the server is ejected
 * - `CommandError`: the server answered with an error
 * - `QueueFullError`, `ClosedError`
 */
export class MemcachedClient<In = FrameBody, Out = Buffer> {
  readonly #settings: ClientSettings<In, Out>;
  readonly #fleet: Fleet;
  readonly #storing: Storing<In, Out>;
  readonly #counting: Counting;
  readonly #herd: Herd<In, Out> = new Herd<In, Out>();

  /**
   * @param servers where they are: `'cache1:11211'`, `{ host, port, weight }`, `'/run/memcached.sock'`, or several of these
   * @throws {InvalidOptionError} one is no server, or there is none; an option is unknown or out of range
   */
  constructor(servers: MemcachedPlace | readonly MemcachedPlace[], options: MemcachedClientOptions<In, Out> = {}) {
    const settings = clientSettings(servers, options);
    this.#settings = settings;
    this.#fleet = new Fleet(settings);
    this.#storing = new Storing(this.#fleet, settings.values, settings.maxItemSize);
    this.#counting = new Counting(this.#fleet, this.#storing, settings.protocol !== 'text');
  }

  // ---------------------------------------------------------------- reading

  /** Resolves with the value, or undefined when there is none. */
  get(key: CacheKey, options: CallOptions = NO_OPTIONS): Promise<Out | undefined> {
    return this.#fleet.ask(key, options, Known.call, ({ dialect }, wire) => dialect.get(wire));
  }

  /** Resolves with the value, its cas and its flags. */
  gets(key: CacheKey, options: CallOptions = NO_OPTIONS): Promise<CacheItem<Out> | undefined> {
    return this.#fleet.ask(key, options, Known.call, ({ dialect }, wire) => dialect.gets(wire));
  }

  /**
   * Resolves with the values of those keys that have one.
   *
   * @throws {BatchError} (rejects) some keys failed; `errors` says which and why, `results` has the values of the others
   */
  getMany<Key extends CacheKey>(keys: Iterable<Key>, options: CallOptions = NO_OPTIONS): Promise<Map<Key, Out>> {
    return this.#fleet.many(
      keys,
      options,
      ({ dialect }, wire) => dialect.get(wire),
      (parts) => {
        const found = parts.filter(({ result }) => result !== undefined);
        return new Map(found.map(({ key, result }) => [key, result as Out]));
      },
    );
  }

  /** Resolves with the value, and has the item live for `ttl` seconds from now. */
  getAndTouch(key: CacheKey, ttl: number, options: CallOptions = NO_OPTIONS): Promise<Out | undefined> {
    return this.#fleet.ask(key, options, Known.call, ({ dialect, maxTtl }, wire) =>
      dialect.getAndTouch(wire, exptimeOf(ttl, maxTtl)),
    );
  }

  // ---------------------------------------------------------------- storing

  /**
   * Stores a value.
   *
   * @throws {InvalidValueError} (rejects) the serializer makes nothing of it
   * @throws {ValueTooLargeError} (rejects) it is over `maxItemSize`, and what was stored before is still there; or larger than the server takes
   */
  set(key: CacheKey, value: In, options: StoreOptions = NO_OPTIONS): Promise<void> {
    return this.#storing.store('set', key, value, options, asSet);
  }

  /** Stores a value if there is none. Resolves with whether it did. */
  add(key: CacheKey, value: In, options: StoreOptions = NO_OPTIONS): Promise<boolean> {
    return this.#storing.store('add', key, value, options, asBoolean);
  }

  /** Stores a value if there is one. Resolves with whether it did. */
  replace(key: CacheKey, value: In, options: StoreOptions = NO_OPTIONS): Promise<boolean> {
    return this.#storing.store('replace', key, value, options, asBoolean);
  }

  /** Puts bytes behind the value that is there, as the serializer makes them. Resolves with whether there is one. */
  append(key: CacheKey, value: In, options: UnansweredOptions = NO_OPTIONS): Promise<boolean> {
    return this.#storing.store('append', key, value, options, asBoolean);
  }

  /** Puts bytes in front of the value that is there, as the serializer makes them. Resolves with whether there is one. */
  prepend(key: CacheKey, value: In, options: UnansweredOptions = NO_OPTIONS): Promise<boolean> {
    return this.#storing.store('prepend', key, value, options, asBoolean);
  }

  /** Stores a value if the item is still the one that `gets` gave with `cas`. */
  cas(key: CacheKey, value: In, cas: Uint64, options: StoreOptions = NO_OPTIONS): Promise<CasOutcome> {
    // 0 would be taken for none in the binary protocol.
    if (!isUint64(cas) || cas === 0 || cas === 0n) {
      return Promise.reject(new InvalidOptionError('cas is that of an item which gets() has given'));
    }
    return this.#storing.store('cas', key, value, options, asCas, cas);
  }

  /**
   * Stores many values.
   *
   * @throws {BatchError} (rejects) some keys failed; `errors` says which and why, `results` has the others
   */
  async setMany<Key extends CacheKey>(
    entries: Iterable<readonly [Key, In]> | Readonly<Record<string, In>>,
    options: StoreOptions = NO_OPTIONS,
  ): Promise<void> {
    await this.#storing.storeMany(entries, options);
  }

  /**
   * Stores what `change` makes of the value, and tries again when somebody else has changed it meanwhile. `change` gets undefined when there
   * is none; when it returns undefined, nothing is stored. Resolves with what is there now.
   *
   * @throws {ConflictError} (rejects) others were faster, `attempts` times
   */
  async update(
    key: CacheKey,
    change: (value: Out | undefined) => In | undefined | Promise<In | undefined>,
    options: UpdateOptions = NO_OPTIONS,
  ): Promise<In | Out | undefined> {
    checkOptions(options, Known.update);
    if (typeof change !== 'function') throw new InvalidOptionError('update() takes a function of the value');
    const attempts = integerOption('attempts', options.attempts ?? 16, 1);
    const asking = timing(options);
    const storing = options.ttl === undefined ? asking : { ...asking, ttl: options.ttl };
    for (let attempt = 0; attempt < attempts; attempt++) {
      const item = await this.gets(key, asking);
      const value = await change(item?.value);
      if (value === undefined) return item?.value;
      const stored =
        item === undefined
          ? await this.add(key, value, storing)
          : (await this.cas(key, value, item.cas, storing)) === 'stored';
      if (stored) return value;
    }
    throw new ConflictError(attempts);
  }

  // ---------------------------------------------------------------- changing

  /** Resolves with whether there was one. */
  delete(key: CacheKey, options: UnansweredOptions = NO_OPTIONS): Promise<boolean> {
    return this.#fleet.ask(key, options, Known.unanswered, ({ dialect }, wire, unanswered) =>
      dialect.delete(wire, unanswered),
    );
  }

  /**
   * Deletes many keys. Resolves with those that there were.
   *
   * @throws {BatchError} (rejects) some keys failed; `errors` says which and why, `results` has the others
   */
  deleteMany<Key extends CacheKey>(keys: Iterable<Key>, options: CallOptions = NO_OPTIONS): Promise<Set<Key>> {
    return this.#fleet.many(
      keys,
      options,
      ({ dialect }, wire) => dialect.delete(wire, false),
      (parts) => {
        return new Set(parts.filter(({ result }) => result === true).map(({ key }) => key));
      },
    );
  }

  /** Has the item live for `ttl` seconds from now, 0 for ever. Resolves with whether there is one. */
  touch(key: CacheKey, ttl: number, options: UnansweredOptions = NO_OPTIONS): Promise<boolean> {
    return this.#fleet.ask(key, options, Known.unanswered, ({ dialect, maxTtl }, wire, unanswered) =>
      dialect.touch(wire, exptimeOf(ttl, maxTtl), unanswered),
    );
  }

  /**
   * Adds to a counter, which is a number in decimal digits, and wraps at 2^64. Resolves with what it is now, above 2^53 - 1 as a bigint;
   * undefined when there is none, and no `initial`.
   */
  incr(key: CacheKey, delta: Uint64 = 1, options: CountOptions = NO_OPTIONS): Promise<Uint64 | undefined> {
    return this.#counting.count(key, false, delta, options);
  }

  /** Takes from a counter, which stops at 0. Resolves as {@link incr} does. */
  decr(key: CacheKey, delta: Uint64 = 1, options: CountOptions = NO_OPTIONS): Promise<Uint64 | undefined> {
    return this.#counting.count(key, true, delta, options);
  }

  // ---------------------------------------------------------------- values that are computed

  /**
   * Resolves with the value, or with what `producer` makes when there is none. Of all who ask for it at the same time, with whatever client,
   * one computes it; the others wait for that, or get the old value while there is one (`recache`, `stale`). When that one fails
   * or dies, another has its turn. When the cache fails, the value is computed.
   *
   * Needs meta commands: protocol meta, or text with memcached 1.6.
   *
   * @throws what `producer` throws
   */
  fetch(key: CacheKey, producer: Producer<In>, options: FetchOptions = {}): Promise<Out> {
    try {
      if (this.#settings.protocol === 'binary') {
        throw new UnsupportedError('the binary protocol has no leases for fetch()', 'use protocol meta or text');
      }
      const wire = this.#settings.keys.wire(key);
      const id = typeof wire === 'string' ? wire : `\0${wire.toString('latin1')}`;
      return this.#herd.fetch(id, leasedPlace(this.#fleet, this.#storing, wire), producer, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Marks the value as out of date: `fetch` has one caller compute it anew, and gives the others the old one, for `stale` seconds more; without
   * that for as long as it was to live. Resolves with whether there is one.
   */
  invalidate(key: CacheKey, options: CallOptions & { readonly stale?: number | undefined } = {}): Promise<boolean> {
    const { stale, ...asking } = options;
    return this.#fleet.ask(key, asking, Known.call, ({ dialect }, wire) => {
      const seconds = stale === undefined ? 0 : integerOption('stale', stale, 1, LONGEST_INVALIDATION);
      return dialect.invalidate(wire, seconds);
    });
  }

  // ---------------------------------------------------------------- all servers

  /**
   * Has every server forget everything, now or in `delay` seconds.
   *
   * @throws {BatchError} (rejects) some servers failed, by name
   */
  async flush(options: CallOptions & { readonly delay?: number | undefined } = {}): Promise<void> {
    const { delay = 0, ...asking } = options;
    const seconds = integerOption('delay', delay, 0, LONGEST_INVALIDATION);
    await this.#fleet.everywhere(asking, ({ dialect }) => dialect.flush(seconds));
  }

  /**
   * Resolves with the statistics of each server by its name, and of `group` if that is given: `'items'`, `'slabs'` ...
   *
   * @throws {BatchError} (rejects) some servers failed, by name
   */
  stats(group?: string, options: CallOptions = NO_OPTIONS): Promise<Map<string, Record<string, string>>> {
    if (group !== undefined && !/^[!-~]{1,200}(?: [!-~]{1,200}){0,3}$/.test(group)) {
      return Promise.reject(new InvalidOptionError('a group of statistics is a word or two: items, slabs, settings'));
    }
    return this.#fleet.everywhere(options, ({ dialect }) => dialect.stats(group));
  }

  /**
   * Resolves with the version of each server by its name.
   *
   * @throws {BatchError} (rejects) some servers failed, by name
   */
  version(options: CallOptions = NO_OPTIONS): Promise<Map<string, string>> {
    return this.#fleet.everywhere(options, ({ dialect }) => dialect.version());
  }

  // ---------------------------------------------------------------- the protocol itself

  /** Sends any command of the text protocol. Resolves with the replies that it was answered with, which own their bytes. */
  command(request: ClientRequest, target: CommandTarget, options?: CallOptions): Promise<Reply[]>;
  /** Sends any command of the binary protocol. Resolves with the responses to it, which own their bytes. */
  command(request: RequestFields, target: CommandTarget, options?: CallOptions): Promise<BinaryResponse[]>;
  async command(
    request: ClientRequest | RequestFields,
    target: CommandTarget,
    options: CallOptions = NO_OPTIONS,
  ): Promise<Reply[] | BinaryResponse[]> {
    checkOptions(options, Known.call);
    const binary = this.#settings.protocol === 'binary';
    if ('opcode' in request !== binary) {
      throw new UnsupportedError(
        'the command is one of the other protocol',
        `this client speaks ${this.#settings.protocol}`,
      );
    }
    const server = this.#fleet.target(target);
    // On its own: that it cannot be encoded must be nobody else's failure.
    const { timeout = this.#settings.server.timeout, signal } = options;
    return server.ask(server.dialect.command(request), { timeout, signal });
  }

  /**
   * Makes a connection that nobody else uses, and logs in: for `watch`, for commands that take it over, for conversations of one's own.
   * The protocol is that of the client; whoever gets it closes it: `exchange.connection.close()`.
   */
  async connect<Frame = Reply, Request = ClientRequest>(
    target: CommandTarget,
    options: Pick<CallOptions, 'signal'> = {},
  ): Promise<Exchange<Frame, Request>> {
    return (await this.#fleet.target(target).connect(options)) as unknown as Exchange<Frame, Request>;
  }

  // ---------------------------------------------------------------- servers

  /** The servers, those of the gutter pool behind the others, and what was asked of each. */
  get servers(): readonly MemcachedServerStatus[] {
    return this.#fleet.status;
  }

  /** What was asked of all servers together, those included that were removed. */
  get counters(): CallCounters {
    return this.#fleet.counters;
  }

  /**
   * Adds a server, to which its share of the keys belongs at once.
   *
   * @throws {InvalidOptionError} it is there already, or no place
   * @throws {ClosedError} the client is closed
   */
  addServer(place: MemcachedPlace): void {
    this.#fleet.add(place);
  }

  /**
   * Takes a server out: its keys belong to the others at once. Resolves when what was asked of it is answered.
   *
   * @throws {InvalidOptionError} (rejects) it is none of the servers, or the last one
   */
  removeServer(name: string, options: CloseOptions = {}): Promise<CloseResult> {
    return this.#fleet.remove(name, options);
  }

  /**
   * Takes no more calls, waits for the answers to those under way, and destroys what is left when the grace is over. Resolves with counts of
   * connections; a second call gets the same promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    return this.#fleet.close(options);
  }

  /** Destroys all connections at once; calls under way reject with a `ConnectionLostError` or `ClosedError`. */
  destroy(): void {
    this.#fleet.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
