/**
 * Calls `close` on the first of `signals` that comes, and `destroy` on the second. Returns what takes that back.
 */
export function onStopSignals(
  signals: readonly NodeJS.Signals[],
  close: () => unknown,
  destroy: () => unknown,
): () => void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) destroy();
    else close();
    stopping = true;
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}
