import { median } from 'simple-statistics';

import type { Missing } from '../report/report.ts';
import type { Contender, Figures, Result } from '../report/result.ts';
import type { ClientSlice, ClientSlices } from './measure-rounds.ts';

/** What a row says beside its figures. */
export type ContestRow = Pick<Result, 'name' | 'peer' | 'unit' | 'bar' | 'also'>;

/** What came of clients that were measured in one case. */
export class Contest<Kind> {
  readonly #slices: ReadonlyMap<Kind, readonly ClientSlice[]>;
  readonly #failures: ReadonlyMap<Kind, string>;
  readonly #label: (kind: Kind) => string;

  /** @param label what a client is called in a table */
  constructor(results: ClientSlices<Kind>, label: (kind: Kind) => string) {
    this.#slices = new Map(
      Array.from(results).flatMap(([kind, slices]) => (typeof slices === 'string' ? [] : [[kind, slices]])),
    );
    this.#failures = new Map(
      Array.from(results).flatMap(([kind, why]) => (typeof why === 'string' ? [[kind, why]] : [])),
    );
    this.#label = label;
  }

  /**
   * How a client did next to the fastest of some others, round by round; undefined when there are no figures of one of them.
   *
   * @param unit what one operation counts in the unit of the row
   */
  result(row: ContestRow, kind: Kind, peers: readonly Kind[], unit: number = 1): Result | undefined {
    const fastest = this.#fastest(peers);
    const ours = this.#slices.get(kind);
    if (fastest === undefined || ours === undefined) return undefined;
    const theirs = this.#slices.get(fastest)!;
    return {
      ...row,
      ratio: 'speed',
      ratios: ours.map(({ perSecond }, round) => perSecond / theirs[round]!.perSecond),
      ours: figuresOf(ours, unit),
      theirs: figuresOf(theirs, unit),
    };
  }

  /** What all but one did, in the unit of a row of which that one is. */
  others(kind: Kind, unit: number = 1): Contender[] {
    const others = Array.from(this.#slices).filter(([other]) => other !== kind);
    return others.map(([other, slices]) => ({ name: this.#label(other), value: speedOf(slices) * unit }));
  }

  /**
   * Why clients have no figures.
   *
   * @param name of the case
   */
  missing(name: string): Missing[] {
    return Array.from(this.#failures, ([kind, why]) => ({ what: `${name}: ${this.#label(kind)}`, why, failed: true }));
  }

  #fastest(kinds: readonly Kind[]): Kind | undefined {
    const able = kinds.filter((kind) => this.#slices.has(kind));
    const speeds = able.map((kind) => speedOf(this.#slices.get(kind)!));
    return able[speeds.indexOf(Math.max(...speeds))];
  }
}

function figuresOf(slices: readonly ClientSlice[], unit: number): Figures {
  return { value: speedOf(slices) * unit, busy: median(slices.map(({ serverBusy }) => serverBusy)) };
}

function speedOf(slices: readonly ClientSlice[]): number {
  return median(slices.map(({ perSecond }) => perSecond));
}
