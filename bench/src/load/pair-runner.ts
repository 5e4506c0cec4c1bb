// oxlint-disable no-await-in-loop -- what is measured must run alone
import { type Comparison, compare, type Pair } from './comparison.ts';
import type { LoadCase } from './load-case.ts';
import type { ServerProcess } from './server-process.ts';
import { runSlice, type Slice, type SliceOptions } from './slice.ts';

export interface PairOptions extends SliceOptions {
  /** Good pairs wanted. */
  readonly pairs: number;
  /** Pairs run at most. */
  readonly maxPairs: number;
}

/**
 * A pair of which either side stays below this share of the best of its kind fell in a slow phase of the machine. Either: to choose by
 * one side alone would make that side look faster than it is.
 */
const GOOD_SHARE = 0.85;
/** With fewer good pairs than this, all pairs tell more: slow ones are still ratios of neighbours. */
const LEAST_GOOD = 3;

/** Runs servers in alternation, and in alternating order, so that both sides of a ratio see the same states of the machine. */
export class PairRunner {
  readonly #options: PairOptions;
  /** Replies per second of the best slice so far, by case and kind: rows of one case share it. */
  readonly #best: Map<string, number> = new Map<string, number>();

  constructor(options: PairOptions) {
    this.#options = options;
  }

  /** One row. `onPair` is told how many good pairs there are, and how many were run. */
  async run(
    load: LoadCase,
    ours: ServerProcess,
    base: ServerProcess,
    floor: number | undefined,
    onPair: (good: number, run: number) => void,
  ): Promise<Comparison> {
    const { pairs: wanted, maxPairs } = this.#options;
    // A slice each that is not counted: the first load of a kind finds cold code.
    await this.#slice(base, load);
    await this.#slice(ours, load);
    const pairs: Pair[] = [];
    let good: readonly Pair[] = [];
    while (good.length < wanted && pairs.length < maxPairs) {
      pairs.push(await this.#pair(load, ours, base, pairs.length % 2 === 0));
      // All of them again: a new best slice may show that the earlier ones were slow.
      good = pairs.filter((pair) => this.#isGood(load, base, pair.base) && this.#isGood(load, ours, pair.ours));
      onPair(good.length, pairs.length);
    }
    const used = good.length >= Math.min(wanted, LEAST_GOOD) ? good : pairs;
    const steady = good.length >= wanted;
    return compare(load, { ours: ours.kind, base: base.kind, floor }, { used, run: pairs.length, steady });
  }

  async #pair(load: LoadCase, ours: ServerProcess, base: ServerProcess, baseFirst: boolean): Promise<Pair> {
    const first = await this.#slice(baseFirst ? base : ours, load);
    const second = await this.#slice(baseFirst ? ours : base, load);
    return baseFirst ? { base: first, ours: second } : { base: second, ours: first };
  }

  async #slice(server: ServerProcess, load: LoadCase): Promise<Slice> {
    const slice = await runSlice(server, load, this.#options);
    const key = keyOf(load, server);
    this.#best.set(key, Math.max(this.#best.get(key) ?? 0, slice.repliesPerSecond));
    return slice;
  }

  #isGood(load: LoadCase, server: ServerProcess, slice: Slice): boolean {
    return slice.repliesPerSecond >= GOOD_SHARE * (this.#best.get(keyOf(load, server)) ?? 0);
  }
}

function keyOf({ name }: LoadCase, { kind }: ServerProcess): string {
  return `${name} ${kind}`;
}
