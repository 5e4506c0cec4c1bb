import { InvalidOptionError, type RequestOptions } from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

import type { Leased } from './dialect/dialect.ts';
import { InvalidKeyError, UnsupportedError } from './errors.ts';

/** Of `fetch`: for how long a value is good, and how long to wait for whoever computes it. */
export interface FetchOptions extends RequestOptions {
  /** Seconds for which a value is fresh; 0, the default, for ever. */
  readonly ttl?: number | undefined;
  /** Seconds before the end of `ttl` from which on one caller computes the value anew, while the others get the old one. Default 0. */
  readonly recache?: number | undefined;
  /** Seconds beyond `ttl` for which the old value is still given to all but the one that computes it anew. Default 0. */
  readonly stale?: number | undefined;
  /** Seconds that the one who computes a value has before the others stop waiting and compute it themselves. Default 10. */
  readonly lease?: number | undefined;
}

/** What a {@link Herd} does to the cache, for one key. */
export interface Place<In, Out> {
  /** Asks for the item, and for the lease of its place if there is none, or it is time to compute it anew. */
  lease(seconds: number, recache: number, options: RequestOptions): Promise<Leased<Out>>;
  /**
   * Stores what was computed, unless somebody has stored something since the lease was given. Resolves with it as the cache gives it, whether
   * the cache has taken it or not; if not, the lease is given back.
   *
   * @throws (rejects) it cannot be stored at all, and the lease is as it was
   */
  fill(value: In, ttl: number, leased: Leased<Out> | undefined, options: RequestOptions): Promise<Out>;
  /** Gives a lease back to which there will be no value: somebody else may try. */
  release(leased: Leased<Out>, options: RequestOptions): Promise<unknown>;
}

/** Computes a value that is not in the cache. What it throws or rejects with rejects the call. */
export type Producer<In> = () => In | Promise<In>;

/** Pauses between looks for the value that somebody else computes, in ms: the first, and the longest. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 200;

interface Plan {
  readonly ttl: number;
  readonly recache: number;
  readonly stale: number;
  readonly lease: number;
  readonly asking: RequestOptions;
}

/**
 * Has one caller at a time compute a value that many ask for, across all clients of the servers: the others wait for it, or get the old
 * one. Callers of one client share one fetch. When the cache fails, the value is computed.
 */
export class Herd<In, Out> {
  readonly #underWay: Map<string, Promise<Out>> = new Map();

  /** @param id tells the key from all others */
  fetch(id: string, place: Place<In, Out>, producer: Producer<In>, options: FetchOptions): Promise<Out> {
    if (typeof producer !== 'function')
      throw new InvalidOptionError('fetch() takes a function that computes the value');
    const plan = planOf(options);
    options.signal?.throwIfAborted();
    let shared = this.#underWay.get(id);
    if (shared === undefined) {
      shared = fetchValue(place, producer, plan).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, shared);
    }
    return untilAborted(shared, options.signal);
  }
}

async function fetchValue<In, Out>(place: Place<In, Out>, producer: Producer<In>, plan: Plan): Promise<Out> {
  const { ttl, recache, stale, lease, asking } = plan;
  // The old value is kept for `stale` seconds more, and that much sooner does its remaining life look short.
  const window = ttl === 0 ? 0 : recache + stale;
  const giveUpAt = performance.now() + lease * 1000;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    let leased: Leased<Out> | undefined;
    try {
      leased = await place.lease(lease, window, asking);
    } catch (error) {
      if (error instanceof InvalidKeyError || error instanceof UnsupportedError) throw error;
    }
    const mine = leased === undefined || leased.won || (leased.value === undefined && performance.now() >= giveUpAt);
    if (mine) return produce(place, producer, plan, leased);
    if (leased!.value !== undefined) return leased!.value;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function produce<In, Out>(
  place: Place<In, Out>,
  producer: Producer<In>,
  { ttl, stale, asking }: Plan,
  leased: Leased<Out> | undefined,
): Promise<Out> {
  try {
    return await place.fill(await producer(), ttl === 0 ? 0 : ttl + stale, leased, asking);
  } catch (error) {
    if (leased?.won === true) await place.release(leased, asking).catch(() => {});
    throw error;
  }
}

function planOf(options: FetchOptions): Plan {
  knownOptions('fetch()', options, ['ttl', 'recache', 'stale', 'lease', 'signal', 'timeout']);
  const { ttl = 0, recache = 0, stale = 0, lease = 10, timeout } = options;
  return {
    ttl: integerOption('ttl', ttl, 0),
    recache: integerOption('recache', recache, 0),
    stale: integerOption('stale', stale, 0),
    lease: integerOption('lease', lease, 1),
    asking: timeout === undefined ? {} : { timeout },
  };
}

/** Whoever gives up leaves the others what they share. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
