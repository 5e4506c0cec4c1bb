/** Where a connection gets its time from, so that a test can bring its own. */
export interface Clock {
  /** Milliseconds from some fixed point, never running backwards. */
  now(): number;
  /** Calls `callback` once after `delay` ms, without keeping the process alive for it. Returns what cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
