import type { Clock } from './clock.ts';

/** Something that is looked at when its time has come. */
export abstract class Alarm {
  /** When that is; Infinity while it is not set. Belongs to the {@link Sweep}. */
  at: number = Infinity;
  /** Whether it is looked at to the millisecond; otherwise it can wait for company. */
  exact = false;

  /** Looks whether something is due at `now`. Returns in how many ms to look again; 0 or Infinity for never. */
  abstract check(now: number): number;
}

/** An alarm that is looked at by a function. */
export class Check extends Alarm {
  readonly check: (now: number) => number;

  constructor(check: (now: number) => number) {
    super();
    this.check = check;
    this.exact = true;
  }
}

/** The finest step of what can wait for company, in ms. */
const FINEST = 2;

/** What a timer is set to at most, in ms: from 2^31 on it would fire at once. */
const LONGEST = 2 ** 30;

/**
 * How much of a delay may be added to it for the sake of company: what is looked at together is one timer. A deadline that is polled
 * at this rate and then rounded once more stays within an eighth.
 */
export const COARSENESS: number = 1 / 16;

/** When the timer comes later than by this, in ms, others are served before the deadlines. */
const LATE = 10;

/**
 * One timer for all the deadlines of a clock. What is due at the same step is looked at together. What is looked at again and again is
 * rounded up to steps of a power of two, the coarser the farther away they are: ten thousand idle connections are a few dozen steps.
 */
export class Sweep {
  static readonly #sweeps = new WeakMap<Clock, Sweep>();
  readonly #clock: Clock;
  /** What is looked at at a step, by its time. None is empty, and none keeps what is not set to it any more. */
  readonly #steps = new Map<number, Set<Alarm>>();
  /** Their times, the earliest last. */
  readonly #times: number[] = [];
  /** The step that the timer is set to. */
  #next: number = Infinity;
  #cancelTimer: (() => void) | undefined = undefined;
  #sweeping = false;
  /** Whether the sweep is late, and what came meanwhile has been read. */
  #polled = false;
  /** What is being looked at, unless it was cancelled meanwhile. */
  #looking: Alarm | undefined = undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The sweep of `clock`. */
  static of(clock: Clock): Sweep {
    let sweep = Sweep.#sweeps.get(clock);
    if (sweep === undefined) Sweep.#sweeps.set(clock, (sweep = new Sweep(clock)));
    return sweep;
  }

  /** Whole milliseconds, which cost less memory to keep than others. */
  now(): number {
    return Math.floor(this.#clock.now());
  }

  /** The first whole millisecond at which `delay` ms will have passed. */
  in(delay: number): number {
    return Math.ceil(this.#clock.now()) + delay;
  }

  /** Has `alarm` looked at in `delay` ms: never earlier, and later by a sixteenth of that or {@link FINEST} at most. */
  set(alarm: Alarm, delay: number): void {
    this.#put(alarm, delay, this.in(0));
    if (!this.#sweeping) this.#arm();
  }

  /** Forgets `alarm`; while it is looked at, whatever its check returns. */
  cancel(alarm: Alarm): void {
    if (alarm === this.#looking) this.#looking = undefined;
    this.#take(alarm);
    if (this.#times.length === 0 && !this.#sweeping) this.#disarm();
  }

  /** Calls `callback` in about `delay` ms, unless the function that is returned has been called before. */
  after(delay: number, callback: () => void): () => void {
    const alarm = new Check(() => {
      callback();
      return 0;
    });
    this.set(alarm, delay);
    return () => this.cancel(alarm);
  }

  #put(alarm: Alarm, delay: number, now: number): void {
    // A check that sets alarms for this very moment would have the sweep go on for ever.
    const wait = Math.max(1, delay);
    const grain = alarm.exact ? 1 : Math.max(FINEST, 2 ** Math.floor(Math.log2(wait * COARSENESS)));
    const at = Math.ceil((now + wait) / grain) * grain;
    if (alarm.at === at) return;
    this.#take(alarm);
    alarm.at = at;
    const step = this.#steps.get(at);
    if (step === undefined) {
      this.#steps.set(at, new Set([alarm]));
      this.#times.splice(this.#place(at), 0, at);
    } else {
      step.add(alarm);
    }
    if (at < this.#next) {
      this.#disarm();
      this.#next = at;
    }
  }

  #take(alarm: Alarm): void {
    const { at } = alarm;
    alarm.at = Infinity;
    const step = this.#steps.get(at);
    if (step?.delete(alarm) !== true || step.size > 0) return;
    this.#steps.delete(at);
    this.#times.splice(this.#place(at), 1);
  }

  /** Where `at` is among the times, or belongs. */
  #place(at: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! > at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#next === Infinity) return;
    const delay = Math.max(1, this.#next - this.now());
    this.#cancelTimer = this.#clock.after(Math.min(delay, LONGEST), this.#sweep);
  }

  #disarm(): void {
    this.#next = Infinity;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  readonly #sweep = (): void => {
    this.#cancelTimer = undefined;
    const now = this.now();
    if (now - this.#next > LATE && !this.#polled) {
      // The event loop was busy elsewhere. What came meanwhile has not been read yet, and may be what a deadline waits for.
      this.#polled = true;
      const immediate = setImmediate(this.#sweep);
      this.#cancelTimer = () => clearImmediate(immediate);
      return;
    }
    this.#polled = false;
    this.#sweeping = true;
    const times = this.#times;
    while (times.length > 0 && times.at(-1)! <= now) {
      const at = times.pop()!;
      const alarms = this.#steps.get(at)!;
      this.#steps.delete(at);
      // Whoever is looked at may set or cancel those that follow.
      for (const alarm of alarms) if (alarm.at === at) this.#look(alarm, now);
    }
    this.#sweeping = false;
    this.#next = times.at(-1) ?? Infinity;
    this.#arm();
  };

  #look(alarm: Alarm, now: number): void {
    alarm.at = Infinity;
    this.#looking = alarm;
    try {
      const again = alarm.check(now);
      // It may have been cancelled or set anew while it was looked at.
      if (this.#looking === alarm && again > 0 && now + again < alarm.at) this.#put(alarm, again, now);
    } catch (error) {
      // One that fails must not keep the others from being looked at.
      process.emitWarning(error as Error);
    }
    this.#looking = undefined;
  }
}
