import { InvalidOptionError } from '../codec/errors.ts';
import type { Matching } from './options.ts';
import { SlotQueue } from './slot-queue.ts';
import type { Slot } from './slot.ts';

/** The requests that were sent and whose replies have not been complete, tombstones included. */
export interface InFlight<In, Out> extends Iterable<Slot<In, Out>> {
  readonly length: number;
  /**
   * Puts a request behind those that are there. Returns whether it can be told apart from them.
   *
   * @throws {InvalidOptionError} it cannot be told apart from any
   */
  add(slot: Slot<In, Out>): boolean;
  remove(slot: Slot<In, Out>): void;
  /** The request that `message` answers. */
  match(message: In): Slot<In, Out> | undefined;
}

/** Replies come in the order of the requests: the oldest is the one. */
export class InFlightInOrder<In, Out> extends SlotQueue<In, Out> implements InFlight<In, Out> {
  add(slot: Slot<In, Out>): boolean {
    this.push(slot);
    return true;
  }

  match(): Slot<In, Out> | undefined {
    return this.head;
  }
}

/** Replies bear the id of their request, and come in any order. */
export class InFlightById<In, Out> implements InFlight<In, Out> {
  readonly #slots = new Map<unknown, Slot<In, Out>>();
  readonly #matching: Matching<In, Out>;

  constructor(matching: Matching<In, Out>) {
    this.#matching = matching;
  }

  get length(): number {
    return this.#slots.size;
  }

  add(slot: Slot<In, Out>): boolean {
    const id = this.#matching.request(slot.message);
    if (id === undefined)
      throw new InvalidOptionError('byId.request found no id in a request: give it one, or use send()');
    if (this.#slots.has(id)) return false;
    this.#slots.set(id, slot);
    slot.id = id;
    return true;
  }

  remove(slot: Slot<In, Out>): void {
    this.#slots.delete(slot.id);
  }

  match(message: In): Slot<In, Out> | undefined {
    return this.#slots.get(this.#matching.reply(message));
  }

  [Symbol.iterator](): Iterator<Slot<In, Out>> {
    return this.#slots.values();
  }
}
