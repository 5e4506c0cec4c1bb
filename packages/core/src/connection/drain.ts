/** What draining needs of a read loop. */
interface Drainable {
  readonly atRest: boolean;
  readonly bytes: number;
  /** Whether the socket was paused and is read again. */
  resumed: boolean;
  /** Whether a read has found the end of what the kernel had; undefined where reads do not tell. */
  emptied: boolean | undefined;
  onRest: (() => void) | undefined;
}

/**
 * How often it is looked whether more came while the connection was not reading. A peer that never stops would keep it from closing
 * for ever.
 */
const ROUNDS = 16;

/** More than a kernel holds for a connection that is not read: whoever sends more has gone on after the close began. */
const MAX_BACKLOG = 16 * 1024 * 1024;

/**
 * Where reads do not tell whether they have brought all that there was, as over TLS: so many bytes in a round come of a backlog. A peer
 * that merely goes on talking sends less at a time.
 */
const BACKLOG_STEP = 8 * 1024;

/** Calls `done` as soon as everything that has arrived is handled, here and in the kernel. Only the first call counts. */
export function whenDrained(reads: Drainable, done: () => void): void {
  if (reads.onRest !== undefined) return;
  let rounds = 0;
  let looking = true;
  let over = false;
  let before = reads.bytes;
  const last = before + MAX_BACKLOG;
  const attempt = (): void => {
    if (looking || over || !reads.atRest) return;
    const { resumed, emptied, bytes } = reads;
    // While reads bring all that fits in one, a backlog is worked off: that is no new round.
    const backlog = emptied === undefined ? bytes - before >= BACKLOG_STEP : !emptied;
    before = bytes;
    if (resumed && (backlog ? bytes < last : rounds++ < ROUNDS)) {
      look();
    } else {
      over = true;
      done();
    }
  };
  // Two turns of the check phase have a poll phase between them: what the kernel holds now has been read by then.
  const look = (): void => {
    looking = true;
    reads.resumed = false;
    if (reads.emptied === true) reads.emptied = false;
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
