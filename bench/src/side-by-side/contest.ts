import { median } from '../median.ts';
import type { ClientSlice, ClientSlices } from './measure-rounds.ts';

/** From this busy share on it is the server that keeps a client from doing more. */
const SATURATED = 0.95;

/** What came of clients that were measured in one case. */
export class Contest<Kind> {
  readonly #results: ClientSlices<Kind>;

  constructor(results: ClientSlices<Kind>) {
    this.#results = results;
  }

  /** The fastest of some clients, if any of them got through. */
  best(kinds: readonly Kind[]): Kind | undefined {
    const able = kinds.filter((kind) => this.#slices(kind).length > 0);
    const speeds = able.map((kind) => speedOf(this.#slices(kind)));
    return able[speeds.indexOf(Math.max(...speeds))];
  }

  /** How many times as fast as another one a client was, round by round. None when either has no figures. */
  ratios(kind: Kind, other: Kind | undefined): number[] {
    if (other === undefined) return [];
    const others = this.#slices(other);
    if (others.length === 0) return [];
    return this.#slices(kind).map(({ perSecond }, round) => perSecond / others[round]!.perSecond);
  }

  /** Median operations a second in a unit, with a star when the server had no time left. */
  figure(kind: Kind, unit: number): string {
    const slices = this.#slices(kind);
    if (slices.length === 0) return 'n/a';
    const value = speedOf(slices) / unit;
    return `${value.toFixed(digitsOf(value))}${this.serverBusy(kind) >= SATURATED ? '*' : ''}`;
  }

  /** Median busy share of the server; NaN when there are no figures. */
  serverBusy(kind: Kind): number {
    return median(this.#slices(kind).map(({ serverBusy }) => serverBusy));
  }

  /** Why clients have no figures. */
  get failures(): [Kind, string][] {
    return Array.from(this.#results).flatMap(([kind, why]): [Kind, string][] =>
      typeof why === 'string' ? [[kind, why]] : [],
    );
  }

  /** Slices of a client, none when it failed or was not there. */
  #slices(kind: Kind): readonly ClientSlice[] {
    const slices = this.#results.get(kind);
    return slices === undefined || typeof slices === 'string' ? [] : slices;
  }
}

/** The median of ratios, and between what they lie. */
export function ratioText(ratios: readonly number[]): string {
  if (ratios.length === 0) return 'n/a';
  return `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]`;
}

function speedOf(slices: readonly ClientSlice[]): number {
  return median(slices.map(({ perSecond }) => perSecond));
}

function digitsOf(value: number): number {
  if (value >= 100) return 0;
  return value >= 1 ? 1 : 3;
}
