/** Digits of the largest number that a handle may end with. */
const MAX_DIGITS = 15;

/** Handles of jobs: what they all begin with, a colon, and the number of the job. */
export class Handles {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}:`;
  }

  of(id: number): string {
    return this.#prefix + id;
  }

  /** The number in a handle; -1 for one that is of no job that was made here. */
  idOf(handle: string): number {
    const from = this.#prefix.length;
    const digits = handle.length - from;
    if (digits < 1 || digits > MAX_DIGITS || !handle.startsWith(this.#prefix)) return -1;
    let id = 0;
    for (let i = from; i < handle.length; i++) {
      const digit = handle.charCodeAt(i) - 48;
      if (!(digit >= 0 && digit <= 9)) return -1;
      id = id * 10 + digit;
    }
    // There is no 007.
    return handle.charCodeAt(from) === 48 ? -1 : id;
  }
}
