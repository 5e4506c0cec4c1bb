import type { Clock } from '../connection/clock.ts';
import { AcceptError } from './accept-error.ts';

/** Milliseconds without trouble after which the next is another. */
const QUIET = 60_000;

/** Warns of trouble with accepting once, however often it shows before it is over. */
export class AcceptTrouble {
  readonly #clock: Clock;
  #last = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  report(cause: NodeJS.ErrnoException): void {
    const now = this.#clock.now();
    if (now - this.#last >= QUIET) process.emitWarning(new AcceptError(cause));
    this.#last = now;
  }
}
