/** Which items are dead because of a flush. They stay where they are until somebody asks for them, or their chunk is needed. */
export class FlushMark {
  /** Items last used until then are dead, once it has come; 0: none are. */
  #at = 0;
  /** Items with a cas up to this one are dead; -1: none are, not even one whose cas is 0. */
  #high = -1;
  #low = -1;
  /** Whether there was a flush: nearly always there was none. */
  #set = false;

  /** Items with a cas up to this one are dead from now on, and a flush that was to come is none any more, as in memcached. */
  upTo(high: number, low: number): void {
    this.#set = true;
    this.#at = 0;
    this.#high = high;
    this.#low = low;
  }

  /** Items that were used last before `time` are dead once it has come. */
  before(time: number): void {
    this.#set = true;
    this.#at = time - 1;
  }

  /** Items with a low cas may live again: to be called when those that are dead are gone. */
  forgetCas(): void {
    this.#high = -1;
    this.#low = -1;
  }

  /** Whether an item that was used last at `time` and has that cas is dead. */
  covers(now: number, time: number, high: number, low: number): boolean {
    if (!this.#set) return false;
    const at = this.#at;
    return (at !== 0 && at <= now && time <= at) || this.coversCas(high, low);
  }

  coversCas(high: number, low: number): boolean {
    return high === this.#high ? low <= this.#low : high < this.#high;
  }
}
