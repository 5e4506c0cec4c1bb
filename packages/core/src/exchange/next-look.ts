import { COARSENESS } from '../connection/sweep.ts';

/** From so many slots on they are not looked at one by one, each at its time: that would be all of them for each. */
const MANY = 64;

/** When the slots of a queue have to be looked at again: at the first deadline, or, with many, as late as all of them bear. */
export class NextLook {
  #first: number = Infinity;
  #latest: number = Infinity;
  #count = 0;

  /** One that waits until `due`, after `timeout` ms. */
  consider({ due, timeout }: { readonly due: number; readonly timeout: number }): void {
    if (due === Infinity) return;
    this.#count++;
    this.#first = Math.min(this.#first, due);
    this.#latest = Math.min(this.#latest, due + timeout * COARSENESS);
  }

  /** Infinity when nothing waits. */
  get at(): number {
    return this.#count < MANY ? this.#first : Math.floor(this.#latest);
  }
}
