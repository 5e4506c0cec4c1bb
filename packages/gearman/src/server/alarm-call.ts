import type { Clock } from '@wirewright/core';

import type { JobFunction } from './job-function.ts';
import type { Peer } from './peer.ts';

/** Milliseconds after which one more worker is woken when the first has not come for what there is to do. */
const AGAIN = 100;

/**
 * Wakes workers: as many as there are jobs, not all who sleep. One that is woken and does not come, because it hangs or is busy elsewhere, does
 * not keep a job from the others: after a while the next one is woken.
 */
export class AlarmCall {
  readonly #clock: Clock;
  /** How many are woken for a job. */
  readonly #count: number;
  readonly #wakeUp: (peer: Peer) => void;
  /** Functions that had a job and somebody asleep when they were looked at last. */
  readonly #watched = new Set<JobFunction>();
  #cancelTimer: (() => void) | undefined = undefined;

  constructor(clock: Clock, count: number, wakeUp: (peer: Peer) => void) {
    this.#clock = clock;
    this.#count = count;
    this.#wakeUp = wakeUp;
  }

  /** There is a job of `function` more. */
  ring(of: JobFunction): void {
    let left = this.#count;
    for (const sleeper of of.sleepers) {
      if (left-- <= 0) break;
      this.wake(sleeper);
    }
    if (of.sleepers.size > 0) this.#watch(of);
  }

  /** Sends to sleep. */
  lull(peer: Peer): void {
    peer.sleeping = true;
    for (const of of peer.abilities.keys()) {
      of.sleepers.add(peer);
      if (of.hasReady) this.#watch(of);
    }
  }

  wake(peer: Peer): void {
    this.rouse(peer);
    this.#wakeUp(peer);
  }

  /** Notes that one who sleeps does so no longer. */
  rouse(peer: Peer): void {
    if (!peer.sleeping) return;
    peer.sleeping = false;
    for (const of of peer.abilities.keys()) of.sleepers.delete(peer);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#watched.clear();
  }

  #watch(of: JobFunction): void {
    this.#watched.add(of);
    this.#cancelTimer ??= this.#clock.after(AGAIN, () => this.#look());
  }

  #look(): void {
    this.#cancelTimer = undefined;
    const watched = [...this.#watched];
    this.#watched.clear();
    for (const of of watched) {
      if (!of.hasReady) continue;
      const [next] = of.sleepers;
      if (next !== undefined) this.wake(next);
      if (of.sleepers.size > 0) this.#watch(of);
    }
  }
}
