import type { Clock } from './clock.ts';
import type { CloseOptions, Grace } from './close-all.ts';

/**
 * Waits until what `begin` has begun calls back, or the grace is over. Keeps the process alive meanwhile. Resolves with the options of the `close()` that
 * follows: it has what is left of the grace.
 */
export async function waitFor(begin: (done: () => void) => void, grace: Grace, clock: Clock): Promise<CloseOptions> {
  const { delay, signal } = grace;
  const end = clock.now() + delay;
  await new Promise<void>((resolve) => {
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
  return { grace: Math.max(0, Math.floor(end - clock.now())), signal };
}
