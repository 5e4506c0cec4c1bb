import type { Clock } from '@wirewright/core';

/** A handler that has not settled. */
export interface PendingHandler {
  /** When its time is up. */
  due: number;
  /** Its time is up. */
  expire(): void;
}

/** Ends the wait for handlers that take too long. All have the same time, so that the oldest is always the next: one timer does for all. */
export class HandlerDeadlines {
  /** In the order in which they began. */
  readonly #pending = new Set<PendingHandler>();
  readonly #clock: Clock;
  readonly #timeout: number;
  #armed = false;

  /** @param timeout in ms */
  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  add(handler: PendingHandler): void {
    handler.due = this.#clock.now() + this.#timeout;
    this.#pending.add(handler);
    if (!this.#armed) this.#arm(this.#timeout);
  }

  delete(handler: PendingHandler): void {
    this.#pending.delete(handler);
  }

  #arm(delay: number): void {
    this.#armed = true;
    this.#clock.after(delay, this.#check);
  }

  readonly #check = (): void => {
    const now = this.#clock.now();
    for (const handler of this.#pending) {
      if (handler.due > now) {
        this.#arm(Math.ceil(handler.due - now));
        return;
      }
      this.#pending.delete(handler);
      handler.expire();
    }
    this.#armed = false;
  };
}
