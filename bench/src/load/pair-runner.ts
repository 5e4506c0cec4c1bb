// oxlint-disable no-await-in-loop -- what is measured must run alone
import { type Comparison, compare, type Pair } from './comparison.ts';
import type { LoadCase } from './load-case.ts';
import type { Match } from './match.ts';
import type { ServerKind } from './server-kind.ts';
import { ServerProcess } from './server-process.ts';
import { runSlice, type Slice, type SliceOptions } from './slice.ts';

export interface PairOptions extends SliceOptions {
  /** Good pairs wanted. */
  readonly pairs: number;
  /** Pairs run at most. */
  readonly maxPairs: number;
  /** Over how many processes of each server the pairs are spread: two of the same code may differ by a tenth, as they were compiled. */
  readonly processes: number;
  /** The Node binary that runs the servers, and what comes before it on the command line. */
  readonly node: string;
  readonly serverPrefix: readonly string[];
  /** The folder with the certificate, for servers that speak TLS. */
  readonly tlsFolder: string | undefined;
}

interface Servers {
  readonly ours: ServerProcess;
  readonly base: ServerProcess;
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

  #serverNode = 'unknown';

  constructor(options: PairOptions) {
    this.#options = options;
  }

  /** The version of Node that the servers run on. */
  get serverNode(): string {
    return this.#serverNode;
  }

  /** One row. `onPair` is told how many good pairs there are, and how many were run. */
  async run(match: Match, onPair: (good: number, run: number) => void): Promise<Comparison> {
    const { pairs: wanted, maxPairs, processes } = this.#options;
    const { load } = match;
    const perProcess = Math.ceil(wanted / processes);
    const pairs: Pair[] = [];
    let good: readonly Pair[] = [];
    let servers: Servers | undefined;
    try {
      while (good.length < wanted && pairs.length < maxPairs) {
        if (pairs.length % perProcess === 0) {
          await stop(servers);
          servers = undefined;
          servers = await this.#start(match);
        }
        pairs.push(await this.#pair(load, servers!, pairs.length % 2 === 0));
        // All of them again: a new best slice may show that the earlier ones were slow.
        good = pairs.filter(
          ({ ours, base }) => this.#isGood(load, match.kind, ours) && this.#isGood(load, match.baseKind, base),
        );
        onPair(good.length, pairs.length);
      }
    } finally {
      await stop(servers);
    }
    const used = good.length >= Math.min(wanted, LEAST_GOOD) ? good : pairs;
    return compare(match, { used, run: pairs.length, steady: good.length >= wanted });
  }

  /** New processes of both. */
  async #start({ load, kind, baseKind }: Match): Promise<Servers> {
    const { node, serverPrefix, tlsFolder } = this.#options;
    const base = await ServerProcess.start(baseKind, node, serverPrefix, tlsFolder);
    try {
      const ours = await ServerProcess.start(kind, node, serverPrefix, tlsFolder);
      this.#serverNode = ours.nodeVersion;
      const servers = { ours, base };
      // A slice each that is not counted: the first load of a process finds cold code.
      await this.#pair(load, servers, true);
      return servers;
    } catch (error) {
      await base.stop();
      throw error;
    }
  }

  async #pair(load: LoadCase, { ours, base }: Servers, baseFirst: boolean): Promise<Pair> {
    const first = await this.#slice(baseFirst ? base : ours, load);
    const second = await this.#slice(baseFirst ? ours : base, load);
    return baseFirst ? { base: first, ours: second } : { base: second, ours: first };
  }

  async #slice(server: ServerProcess, load: LoadCase): Promise<Slice> {
    const slice = await runSlice(server, load, this.#options);
    const key = keyOf(load, server.kind);
    this.#best.set(key, Math.max(this.#best.get(key) ?? 0, slice.repliesPerSecond));
    return slice;
  }

  #isGood(load: LoadCase, kind: ServerKind, slice: Slice): boolean {
    return slice.repliesPerSecond >= GOOD_SHARE * (this.#best.get(keyOf(load, kind)) ?? 0);
  }
}

function keyOf({ name }: LoadCase, kind: ServerKind): string {
  return `${name} ${kind}`;
}

async function stop(servers: Servers | undefined): Promise<void> {
  await Promise.all([servers?.ours.stop(), servers?.base.stop()]);
}
