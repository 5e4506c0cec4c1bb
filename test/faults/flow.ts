import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

import { random } from '../support/random.ts';
import { type Amount, draw, type LinkFaults } from './faults.ts';

type Fate = 'reset' | 'end' | 'swallow' | 'stall';

/** A chunk, when it came, and when it may go. */
interface Arrival {
  readonly chunk: Buffer;
  readonly at: number;
  readonly due: number;
}

/** Above so many bytes held, the source is paused. */
const mark = 256 * 1024;

/**
 * How long before a reset, in ms. A receiver that finds the last bytes and the reset in one poll is told of an end instead
 * by libuv, and some systems drop what was not read when the reset came.
 */
const grace = 5;

/** One direction of a link: what the source sends reaches the target, in the way of the faults. */
export class Flow {
  /** Bytes that the target has taken. */
  forwarded = 0;
  /** Bytes that were read and are not forwarded yet. */
  held = 0;
  /** Settles when the flow waits for nothing any more. */
  readonly done: Promise<void>;

  readonly #source: Readable;
  readonly #target: Writable;
  readonly #faults: LinkFaults;
  readonly #signal: AbortSignal;
  readonly #breakOff: () => void;
  readonly #mark: number;
  readonly #random: () => number;
  /** Apart from the other numbers, so that the cuts do not depend on how many chunks came. */
  readonly #cuts: () => number;
  readonly #queue: Arrival[] = [];
  readonly #fate: Fate | undefined;
  /** Bytes until the fate is met, and until the next cut. */
  #left = Infinity;
  #cut = Infinity;
  #due = 0;
  /** When the line is free again. */
  #free = 0;
  #ended = false;
  #wake: () => void = () => {};

  constructor(
    source: Readable,
    target: Writable,
    faults: LinkFaults,
    seed: number,
    signal: AbortSignal,
    breakOff: () => void,
  ) {
    this.#source = source;
    this.#target = target;
    this.#faults = faults;
    this.#signal = signal;
    this.#breakOff = breakOff;
    this.#random = random(seed);
    this.#cuts = random(~seed);
    // What a slow line holds is no more than a tenth of a second, or its sender would not feel it.
    this.#mark = faults.bandwidth === undefined ? mark : Math.min(mark, faults.bandwidth / 10);
    const fates: [Fate, Amount | undefined][] = [
      ['reset', faults.resetAfter],
      ['end', faults.endAfter],
      ['swallow', faults.blackHole],
      ['stall', faults.stallAfter],
    ];
    for (const [fate, amount] of fates) {
      const bytes = amount === undefined ? Infinity : draw(amount, this.#random);
      if (bytes < this.#left) [this.#fate, this.#left] = [fate, bytes];
    }
    if (faults.split !== undefined) this.#cut = draw([1, faults.split], this.#cuts);
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    source.on('data', (chunk: Buffer) => this.#arrive(chunk));
    source.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    this.done = this.#run();
  }

  /** Whether the target is to learn nothing of what becomes of the source. */
  get silent(): boolean {
    return this.#faults.halfOpen === true || (this.#met && this.#fate === 'swallow');
  }

  get #met(): boolean {
    return this.#left === 0;
  }

  #arrive(chunk: Buffer): void {
    if (this.#met) return;
    const at = performance.now();
    this.#due = Math.max(this.#due, at + draw(this.#faults.delay ?? 0, this.#random));
    this.#queue.push({ chunk, at, due: this.#due });
    this.held += chunk.length;
    if (this.held >= this.#mark) this.#source.pause();
    this.#wake();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#met) {
        const chunk = await this.#next();
        if (chunk === undefined) {
          if (!this.silent) this.#target.end();
          return;
        }
        await this.#forward(chunk);
        this.held -= chunk.length;
        if (this.held < this.#mark) this.#source.resume();
      }
      await this.#meet();
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  /** What is to be forwarded next, once it is time; undefined at the end. */
  async #next(): Promise<Buffer | undefined> {
    const { coalesce } = this.#faults;
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#queue.length > 0) break;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (coalesce !== undefined) await this.#until(this.#queue[0]!.at + coalesce);
    const arrivals = this.#queue.splice(0, coalesce === undefined ? 1 : Infinity);
    await this.#until(arrivals.at(-1)!.due);
    return Buffer.concat(arrivals.map(({ chunk }) => chunk));
  }

  async #forward(chunk: Buffer): Promise<void> {
    const { split, bandwidth } = this.#faults;
    const most = bandwidth === undefined ? Infinity : Math.ceil(bandwidth / 50);
    for (let from = 0; from < chunk.length && !this.#met;) {
      const size = Math.min(chunk.length - from, most, this.#cut, this.#left);
      if (bandwidth !== undefined) {
        this.#free = Math.max(this.#free, performance.now()) + (size / bandwidth) * 1000;
        await this.#until(this.#free);
      }
      await this.#write(chunk.subarray(from, from + size));
      from += size;
      this.forwarded += size;
      this.#left -= size;
      this.#cut -= size;
      if (split === undefined) continue;
      if (this.#cut === 0) this.#cut = draw([1, split], this.#cuts);
      await turn(undefined, { signal: this.#signal });
    }
  }

  /** Settles when the target has let go of the bytes, so that a slow one slows the source. */
  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#target.write(bytes, () => resolve());
    });
  }

  async #meet(): Promise<void> {
    this.#queue.length = 0;
    this.held = 0;
    if (this.#fate === 'stall') {
      this.#source.pause();
      return;
    }
    // The source goes on sending into nothing.
    this.#source.resume();
    if (this.#fate === 'end') this.#target.end();
    if (this.#fate !== 'reset') return;
    await sleep(grace, undefined, { signal: this.#signal });
    this.#breakOff();
  }

  /** A timer may be early by a part of a millisecond. */
  async #until(time: number): Promise<void> {
    for (;;) {
      const wait = time - performance.now();
      if (wait <= 0) return;
      await sleep(Math.ceil(wait), undefined, { signal: this.#signal });
    }
  }
}
