/** What draining needs of a read loop. */
interface Drainable {
  readonly atRest: boolean;
  resumed: boolean;
  onRest: (() => void) | undefined;
}

/**
 * How often it is looked whether more came while the connection was not reading. A peer that never stops would keep it from closing
 * for ever.
 */
const ROUNDS = 16;

/** Calls `done` as soon as everything that has arrived is handled, here and in the kernel. Only the first call counts. */
export function whenDrained(reads: Drainable, done: () => void): void {
  if (reads.onRest !== undefined) return;
  let rounds = 0;
  let looking = true;
  const attempt = (): void => {
    if (looking || !reads.atRest) return;
    if (reads.resumed && rounds++ < ROUNDS) look();
    else done();
  };
  // Two turns of the check phase have a poll phase between them: what the kernel holds now has been read by then.
  const look = (): void => {
    looking = true;
    reads.resumed = false;
    setImmediate(() => {
      setImmediate(() => {
        looking = false;
        attempt();
      });
    });
  };
  reads.onRest = attempt;
  look();
}
