import { InvalidOptionError } from '../codec/errors.ts';

/** Where a connection gets its time from, so that a test can bring its own. */
export interface Clock {
  /** Milliseconds from some fixed point, never running backwards. */
  now(): number;
  /** Calls `callback` once after `delay` ms; keeps the process alive for it only with `ref`. Returns what cancels it. */
  after(delay: number, callback: () => void, ref?: boolean): () => void;
}

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback, ref = false) {
    const timer = setTimeout(callback, delay);
    if (!ref) timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * `clock`, when it is one.
 *
 * @throws {InvalidOptionError} it is not
 */
export function clockOption(clock: Clock): Clock {
  if (typeof clock?.now !== 'function' || typeof clock.after !== 'function') {
    throw new InvalidOptionError('clock must have now() and after(delay, callback)');
  }
  return clock;
}
