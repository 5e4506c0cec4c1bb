// oxlint-disable no-await-in-loop -- what is measured must run alone
import { type Comparison, compare, type Pair } from './comparison.ts';
import type { EchoCase } from './echo-case.ts';
import type { ServerKind } from './server-kind.ts';
import type { ServerProcess } from './server-process.ts';
import { runSlice, type Slice, type SliceOptions } from './slice.ts';

export interface PairOptions extends SliceOptions {
  /** Good pairs wanted. */
  readonly pairs: number;
  /** Pairs run at most. */
  readonly maxPairs: number;
}

/** A pair whose base stays below this share of the best one fell in a slow phase of the machine. */
const GOOD_SHARE = 0.85;
/** With fewer good pairs than this, all pairs tell more: slow ones are still ratios of neighbours. */
const LEAST_GOOD = 3;

/** Runs servers in alternation, base first, so that both sides of a ratio see the same state of the machine. */
export class PairRunner {
  readonly #options: PairOptions;
  /** Lines per second of the best slice so far, by case and base: rows of one case share it. */
  readonly #best: Map<string, number> = new Map<string, number>();

  constructor(options: PairOptions) {
    this.#options = options;
  }

  /** One row. `onPair` is told how many good pairs there are, and how many were run. */
  async run(
    echoCase: EchoCase,
    ours: ServerProcess,
    base: ServerProcess,
    onPair: (good: number, run: number) => void,
  ): Promise<Comparison> {
    const { pairs: wanted, maxPairs } = this.#options;
    // A slice each that is not counted: the first load of a kind finds cold code.
    await this.#slice(base, echoCase);
    await this.#slice(ours, echoCase);
    const pairs: Pair[] = [];
    let good: readonly Pair[] = [];
    while (good.length < wanted && pairs.length < maxPairs) {
      const baseSlice = await this.#slice(base, echoCase);
      this.#note(echoCase, base.kind, baseSlice);
      pairs.push({ base: baseSlice, ours: await this.#slice(ours, echoCase) });
      // All of them again: a new best slice may show that the earlier ones were slow.
      good = pairs.filter((pair) => this.#isGood(echoCase, base.kind, pair.base));
      onPair(good.length, pairs.length);
    }
    const used = good.length >= Math.min(wanted, LEAST_GOOD) ? good : pairs;
    const steady = good.length >= wanted;
    return compare(echoCase, { ours: ours.kind, base: base.kind }, { used, run: pairs.length, steady });
  }

  #slice(server: ServerProcess, echoCase: EchoCase): Promise<Slice> {
    return runSlice(server, echoCase, this.#options);
  }

  #note(echoCase: EchoCase, base: ServerKind, slice: Slice): void {
    const key = `${echoCase.name} ${base}`;
    this.#best.set(key, Math.max(this.#best.get(key) ?? 0, slice.linesPerSecond));
  }

  #isGood(echoCase: EchoCase, base: ServerKind, slice: Slice): boolean {
    return slice.linesPerSecond >= GOOD_SHARE * (this.#best.get(`${echoCase.name} ${base}`) ?? 0);
  }
}
