import type { Uint64 } from '@wirewright/codec-memcached-text';

import { checkOptions, type CountOptions, Known, timing } from './call-options.ts';
import type { Fleet } from './fleet.ts';
import type { CacheKey } from './keys.ts';
import { asBoolean, type Storing } from './storing.ts';
import { exptimeOf } from './ttl.ts';
import { checkUint64 } from './uint64.ts';

/** Changes counters. */
export class Counting {
  readonly #fleet: Fleet;
  readonly #storing: Storing<never, unknown>;
  /** Whether the protocol can make a counter that is not there. */
  readonly #makes: boolean;

  constructor(fleet: Fleet, storing: Storing<never, unknown>, makes: boolean) {
    this.#fleet = fleet;
    this.#storing = storing;
    this.#makes = makes;
  }

  count(key: CacheKey, down: boolean, delta: Uint64, options: CountOptions): Promise<Uint64 | undefined> {
    const initial = options?.initial;
    if (initial !== undefined && !this.#makes) return this.#countOrMake(key, down, delta, initial, options);
    return this.#fleet.ask(key, options, Known.count, ({ dialect, maxTtl }, wire, unanswered) => {
      checkUint64('delta', delta);
      if (initial !== undefined) checkUint64('initial', initial);
      return dialect.count(wire, { down, delta, initial, exptime: exptimeOf(options.ttl, maxTtl), unanswered });
    });
  }

  /** With the classic commands it takes two to make a counter that is not there. */
  async #countOrMake(
    key: CacheKey,
    down: boolean,
    delta: Uint64,
    initial: Uint64,
    options: CountOptions,
  ): Promise<Uint64 | undefined> {
    checkOptions(options, Known.count);
    checkUint64('initial', initial);
    const asking = timing(options);
    const counted = await this.count(key, down, delta, asking);
    if (counted !== undefined) return counted;
    const encoded = { data: String(initial), flags: 0 };
    const storing = options.ttl === undefined ? asking : { ...asking, ttl: options.ttl };
    if (await this.#storing.put('add', key, encoded, storing, asBoolean)) return initial;
    // Somebody else has made it meanwhile.
    return this.count(key, down, delta, asking);
  }
}
