/** Something with bytes to write. */
interface Flushable {
  flush(): void;
}

/** From this many read turns in one turn of the event loop on, one pass of writes after all reads beats a write after each. */
const CROWDED = 8;

/** While it is not crowded, the read turns of one in so many turns are counted. */
const PROBE_EVERY = 32;

/**
 * Decides when the bytes of a turn leave: one write per connection per turn of the event loop.
 *
 * Few active connections: at the end of each read turn, so that an answer does not wait for another connection's work; where one is
 * read alone, after what it has sent to others. Many: in one pass after all reads, in the check phase of the same turn, which also
 * carries what is sent outside a read turn. (Not in a microtask: callers that the same event resumes would miss it.) Which it is, is
 * decided by the read turns counted in the last turn of the event loop.
 */
class FlushScheduler {
  #dirty: Flushable[] = [];
  #armed = false;
  #reads = 0;
  #sinceProbe = 0;
  #crowded = false;
  /** Whether there was one read turn in the last turn of the event loop: nothing is gained by waiting for others then. */
  #lone = false;

  /** Writes at the end of this turn of the event loop. Call it once until the flush. */
  schedule(connection: Flushable): void {
    this.#dirty.push(connection);
    if (!this.#armed) this.#arm();
  }

  /** A read turn has ended of a connection that has nothing to write. */
  endOfSilentTurn(): void {
    this.#reads++;
    if (this.#lone) this.flush();
  }

  /** A read turn has ended; `connection` has bytes to write from it. Returns whether they wait for the pass. */
  endOfReadTurn(connection: Flushable): boolean {
    this.#reads++;
    // What was sent to others first: whoever has caused it has nothing to wait for any more.
    if (this.#lone) this.flush();
    if (this.#crowded) {
      this.schedule(connection);
      return true;
    }
    if (!this.#armed && ++this.#sinceProbe >= PROBE_EVERY) this.#arm();
    connection.flush();
    return false;
  }

  /** Writes what waits for the pass. */
  flush(): void {
    const dirty = this.#dirty;
    if (dirty.length === 0) return;
    this.#dirty = [];
    for (const connection of dirty) connection.flush();
  }

  #arm(): void {
    this.#armed = true;
    this.#reads = 1;
    this.#sinceProbe = 0;
    setImmediate(this.#pass);
  }

  readonly #pass = (): void => {
    this.#armed = false;
    this.#crowded = this.#reads >= CROWDED;
    this.#lone = this.#reads <= 1;
    this.#reads = 0;
    this.flush();
  };
}

/** One for the process: the event loop is one, too. */
export const flushScheduler: FlushScheduler = new FlushScheduler();
