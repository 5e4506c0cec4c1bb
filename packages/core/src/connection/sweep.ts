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

/**
 * How much of a delay may be added to it for the sake of company: what is looked at together is one timer. A deadline that is polled
 * at this rate and then rounded once more stays within an eighth.
 */
export const COARSENESS: number = 1 / 16;

/**
 * One timer for all the deadlines of a clock. What is due at the same step is looked at together. What is looked at again and again is
 * rounded up to steps of a power of two, the coarser the farther away they are: ten thousand idle connections are a few dozen steps.
 *
 * An alarm that is set anew or cancelled stays where it is, and is passed over there: that costs less than to find it.
 */
export class Sweep {
  static readonly #sweeps = new WeakMap<Clock, Sweep>();
  readonly #clock: Clock;
  /** What is looked at at a step, by its time. */
  readonly #steps = new Map<number, Alarm[]>();
  /** Alarms that are set. */
  #set = 0;
  /** The step that the timer is set to. */
  #next: number = Infinity;
  #cancelTimer: (() => void) | undefined = undefined;
  #sweeping = false;

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
    if (!this.#sweeping) this.#arm(this.now());
  }

  /** Forgets `alarm`. */
  cancel(alarm: Alarm): void {
    if (alarm.at === Infinity) return;
    alarm.at = Infinity;
    if (--this.#set > 0 || this.#sweeping) return;
    this.#steps.clear();
    this.#disarm();
  }

  /** Calls `callback` in about `delay` ms, unless the function that is returned has been called before. */
  after(delay: number, callback: () => void): () => void {
    const alarm = new Callback(callback);
    this.set(alarm, delay);
    return () => {
      alarm.callback = undefined;
      this.cancel(alarm);
    };
  }

  #put(alarm: Alarm, delay: number, now: number): void {
    const grain = alarm.exact ? 1 : Math.max(FINEST, 2 ** Math.floor(Math.log2(delay * COARSENESS)));
    const at = Math.ceil((now + delay) / grain) * grain;
    if (alarm.at === at) return;
    if (alarm.at === Infinity) this.#set++;
    alarm.at = at;
    const step = this.#steps.get(at);
    if (step === undefined) this.#steps.set(at, [alarm]);
    else step.push(alarm);
    if (at < this.#next) {
      this.#disarm();
      this.#next = at;
    }
  }

  #arm(now: number): void {
    if (this.#cancelTimer !== undefined || this.#next === Infinity) return;
    this.#cancelTimer = this.#clock.after(Math.max(1, this.#next - now), this.#sweep);
  }

  #disarm(): void {
    this.#next = Infinity;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  readonly #sweep = (): void => {
    this.#cancelTimer = undefined;
    this.#next = Infinity;
    this.#sweeping = true;
    const now = this.now();
    for (const [at, alarms] of this.#steps) {
      if (at <= now) {
        this.#steps.delete(at);
        for (const alarm of alarms) if (alarm.at === at) this.#look(alarm, now);
      }
    }
    this.#sweeping = false;
    if (this.#set === 0) this.#steps.clear();
    this.#next = Math.min(...this.#steps.keys());
    this.#arm(now);
  };

  #look(alarm: Alarm, now: number): void {
    alarm.at = Infinity;
    this.#set--;
    try {
      const again = alarm.check(now);
      // It may have been set anew while it was looked at.
      if (again > 0 && now + again < alarm.at) this.#put(alarm, again, now);
    } catch (error) {
      // One that fails must not keep the others from being looked at.
      process.emitWarning(error as Error);
    }
  }
}

class Callback extends Alarm {
  callback: (() => void) | undefined;

  constructor(callback: () => void) {
    super();
    this.callback = callback;
    this.exact = true;
  }

  check(): number {
    this.callback?.();
    return 0;
  }
}
