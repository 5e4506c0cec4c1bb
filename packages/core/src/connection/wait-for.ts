import type { Clock } from './clock.ts';
import type { Grace } from './close-all.ts';

/** Waits until what `begin` has begun calls back, or the grace is over. Keeps the process alive meanwhile. */
export function waitFor(begin: (done: () => void) => void, { delay, signal }: Grace, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delay, done, true);
    signal?.addEventListener('abort', done, { once: true });
    begin(done);
    if (signal?.aborted === true) done();
  });
}
