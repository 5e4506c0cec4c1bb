import type { Clock } from '@wirewright/core';

/** Waits until what `begin` has begun calls back, `delay` ms have passed, or `signal` is aborted. */
export function waitFor(
  begin: (done: () => void) => void,
  delay: number,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
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
