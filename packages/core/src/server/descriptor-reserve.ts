import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { devNull } from 'node:os';

import type { Clock } from '../connection/clock.ts';
import { isOutOfDescriptors } from './accept-error.ts';

/** Milliseconds from one look at the descriptors to the next. */
const INTERVAL = 1000;

/**
 * Keeps a server from spinning when the process is out of file descriptors.
 *
 * Node handles that in silence: libuv holds a descriptor in reserve, gives it up to accept the peers that wait, closes them at once
 * and takes it back. But when another thread, one that opens files, is quicker to take it, the reserve is lost. From then on the
 * peers that wait wake the event loop all the time and nobody accepts or closes them; no event tells, and there is no way to pause a
 * listener. libuv fills its reserve when it makes the next stream and a descriptor is free. So this holds a spare one, looks every
 * second whether there is still another, and when there is none, offers the spare one to libuv.
 */
export class DescriptorReserve {
  readonly #clock: Clock;
  readonly #onShortage: (error: NodeJS.ErrnoException) => void;
  #spare: number | undefined = undefined;
  #cancel: (() => void) | undefined = undefined;

  /** @param onShortage called every time that no descriptor was to be had */
  constructor(clock: Clock, onShortage: (error: NodeJS.ErrnoException) => void) {
    this.#clock = clock;
    this.#onShortage = onShortage;
  }

  /** May be called any number of times. */
  start(): void {
    if (this.#cancel === undefined) this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#drop();
  }

  /** Whether the spare descriptor is there. If not, the socket that was just accepted has it: destroy that and {@link restore}. */
  get filled(): boolean {
    if (this.#cancel === undefined) return true;
    this.#spare ??= this.#take();
    return this.#spare !== undefined || this.#cancel === undefined;
  }

  /** Fills the reserve of libuv, and then that of its own, as far as there are descriptors. */
  restore(): void {
    if (this.#cancel === undefined) return;
    this.#drop();
    makeStream();
    this.#spare = this.#take();
  }

  #look(): void {
    this.#cancel = this.#clock.after(INTERVAL, () => this.#look());
    const another = this.#take();
    if (another === undefined) this.restore();
    else if (this.#spare === undefined) this.#spare = another;
    else closeSync(another);
  }

  #take(): number | undefined {
    try {
      return openSync(devNull, 'r');
    } catch (error) {
      // Where files may not be opened at all, Node is left to itself.
      if (isOutOfDescriptors(error as NodeJS.ErrnoException)) this.#onShortage(error as NodeJS.ErrnoException);
      else this.stop();
      return undefined;
    }
  }

  #drop(): void {
    if (this.#spare !== undefined) closeSync(this.#spare);
    this.#spare = undefined;
  }
}

/** Makes a stream and forgets it. It has no descriptor yet: connecting begins with the next tick, and by then it is destroyed. */
function makeStream(): void {
  connect({ host: '127.0.0.1', port: 1 })
    .on('error', () => {})
    .destroy();
}
