import { integerOption, knownOptions } from '../codec/options.ts';
import { MAX_DELAY } from '../connection/options.ts';

/** How long to wait before connecting again. */
export interface BackoffOptions {
  /** The first pause takes up to so many ms, each further one up to twice as many. Default 50. */
  readonly minDelay?: number | undefined;
  /** The most that a pause can take, in ms. Default 10,000. */
  readonly maxDelay?: number | undefined;
}

/** The names of {@link BackoffOptions}. */
export const BACKOFF_OPTIONS: readonly string[] = ['minDelay', 'maxDelay'];

/**
 * Pauses that grow, with full jitter: each is drawn from the whole range up to its bound, so that clients which lost their server
 * together do not come back together.
 */
export class Backoff {
  readonly #min: number;
  readonly #max: number;
  #failures = 0;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: BackoffOptions = {}) {
    knownOptions('backoff', options, BACKOFF_OPTIONS);
    this.#min = integerOption('minDelay', options.minDelay ?? 50, 1, MAX_DELAY);
    this.#max = integerOption('maxDelay', options.maxDelay ?? Math.max(10_000, this.#min), this.#min, MAX_DELAY);
  }

  /** Failures since the last {@link reset}. */
  get failures(): number {
    return this.#failures;
  }

  /** The pause after one more failure, in ms. */
  next(): number {
    const bound = Math.min(this.#max, this.#min * 2 ** this.#failures++);
    return Math.ceil(Math.random() * bound);
  }

  /** Lets the pauses start from `minDelay` again: to be called when a connection has held. */
  reset(): void {
    this.#failures = 0;
  }
}
