/** What was asked of the keys with one prefix. */
interface PrefixCounters {
  gets: number;
  hits: number;
  sets: number;
  deletes: number;
}

/** Prefixes that are counted: keys can be made up, and so can prefixes. */
const MAX_PREFIXES = 10_000;

/** Counts what is asked of keys by their prefix: what stands in front of the delimiter (memcached's `stats detail`). */
export class PrefixDetails {
  readonly #delimiter: string;
  readonly #prefixes = new Map<string, PrefixCounters>();
  on: boolean;

  constructor(delimiter: string, on: boolean) {
    this.#delimiter = delimiter;
    this.on = on;
  }

  get(key: string, hit: boolean): void {
    const counters = this.#of(key);
    if (counters === undefined) return;
    counters.gets++;
    if (hit) counters.hits++;
  }

  set(key: string): void {
    const counters = this.#of(key);
    if (counters !== undefined) counters.sets++;
  }

  delete(key: string): void {
    const counters = this.#of(key);
    if (counters !== undefined) counters.deletes++;
  }

  /** `PREFIX <prefix> get <n> hit <n> set <n> del <n>`, one line each. */
  dump(): string[] {
    return [...this.#prefixes].map(
      ([prefix, { gets, hits, sets, deletes }]) =>
        `PREFIX ${prefix} get ${gets} hit ${hits} set ${sets} del ${deletes}`,
    );
  }

  clear(): void {
    this.#prefixes.clear();
  }

  #of(key: string): PrefixCounters | undefined {
    const end = key.indexOf(this.#delimiter);
    // A key without one is not counted, as in memcached.
    if (end < 0) return undefined;
    const prefix = key.slice(0, end);
    let counters = this.#prefixes.get(prefix);
    if (counters === undefined && this.#prefixes.size < MAX_PREFIXES) {
      counters = { gets: 0, hits: 0, sets: 0, deletes: 0 };
      this.#prefixes.set(prefix, counters);
    }
    return counters;
  }
}
