import type { Slot } from './slot.ts';

/** Requests in order. Any of them can be taken out at once: one that is given up must not be found again, nor be kept. */
export class SlotQueue<In, Out> {
  head: Slot<In, Out> | undefined = undefined;
  tail: Slot<In, Out> | undefined = undefined;
  length = 0;

  push(slot: Slot<In, Out>): void {
    slot.previous = this.tail;
    if (this.tail === undefined) this.head = slot;
    else this.tail.next = slot;
    this.tail = slot;
    this.length++;
  }

  remove(slot: Slot<In, Out>): void {
    const { previous, next } = slot;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    slot.previous = undefined;
    slot.next = undefined;
    this.length--;
  }

  /** From the first to the last; the one that was just given may be removed. */
  *[Symbol.iterator](): Generator<Slot<In, Out>> {
    let slot = this.head;
    while (slot !== undefined) {
      const { next } = slot;
      yield slot;
      slot = next;
    }
  }
}
