import { packet, PacketType } from '@wirewright/codec-gearman';
import type { Clock } from '@wirewright/core';

import type { Peer } from './peer.ts';

const NOOP = packet(PacketType.Noop);

/** What was seen of a worker when it was looked at last. */
interface Seen {
  readonly bytes: number;
  readonly asked: boolean;
}

/**
 * Finds out whether workers that sleep are still there: one that was silent all the time since it was looked at last gets a NOOP, to which it asks
 * for a job, and is cut off when it is still silent the next time. Clients cannot be asked anything: for them there is TCP's keep-alive.
 */
export class Probe {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #peers: () => Iterable<Peer>;
  readonly #seen = new WeakMap<Peer, Seen>();
  #cancelTimer: (() => void) | undefined = undefined;

  constructor(clock: Clock, interval: number, peers: () => Iterable<Peer>) {
    this.#clock = clock;
    this.#interval = interval;
    this.#peers = peers;
  }

  start(): void {
    this.#cancelTimer ??= this.#clock.after(this.#interval, () => {
      this.#cancelTimer = undefined;
      for (const peer of this.#peers()) this.#look(peer);
      this.start();
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #look(peer: Peer): void {
    const { bytesIn } = peer.connection.counters;
    const before = this.#seen.get(peer);
    const silent = before !== undefined && before.bytes === bytesIn;
    if (silent && before.asked) {
      peer.connection.destroy();
      return;
    }
    const ask = silent && peer.sleeping;
    if (ask) peer.send(NOOP);
    this.#seen.set(peer, { bytes: bytesIn, asked: ask });
  }
}
