/** Relative seconds above which an expiry is a Unix time (memcached.c, REALTIME_MAXDELTA): 30 days. */
const MAX_DELTA = 60 * 60 * 24 * 30;

/** Seconds that the clock is ahead of the process (memcached.c: ITEM_UPDATE_INTERVAL + 2), so that 0 and 1 are always in the past. */
const HEAD_START = 62;

/**
 * Seconds as memcached counts them: whole ones, since a little before the process began. They are taken anew by {@link tick}, not for each
 * command.
 */
export class StoreClock {
  readonly #wall: () => number;
  /** Unix time at which the count began. */
  readonly startedAt: number;
  now: number = HEAD_START;

  /** @param wall Unix time in ms */
  constructor(wall: () => number = steady) {
    this.#wall = wall;
    this.startedAt = Math.floor(wall() / 1000) - HEAD_START;
  }

  /** Looks what time it is. */
  tick(): void {
    this.now = Math.floor(this.#wall() / 1000) - this.startedAt;
  }

  /** When an item with that expiry dies; 0 for never (memcached.c, realtime()). */
  expireAt(exptime: number): number {
    if (exptime === 0) return 0;
    if (exptime < 0) return 1;
    if (exptime > MAX_DELTA) return exptime <= this.startedAt ? 1 : exptime - this.startedAt;
    return exptime + this.now;
  }
}

/**
 * Unix time as it was when the process began, and what has passed since: when somebody sets the clock of the machine, no item dies for it, or
 * lives for ever (memcached counts by CLOCK_MONOTONIC, too: memcached.c, `clock_handler`).
 */
function steady(): number {
  return performance.timeOrigin + performance.now();
}
