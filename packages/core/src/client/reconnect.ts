import { integerOption, knownOptions } from '../codec/options.ts';
import { channels, type RetrySeen } from '../connection/channels.ts';
import type { Clock } from '../connection/clock.ts';
import type { CloseReason } from '../connection/close-reason.ts';
import { MAX_DELAY } from '../connection/options.ts';
import { abortable } from '../connection/waiting.ts';
import { Backoff, BACKOFF_OPTIONS, type BackoffOptions } from './backoff.ts';

/** How a connection that was lost is made again: the pauses, and when to give up. */
export interface ReconnectOptions extends BackoffOptions {
  /** Milliseconds for which a connection has to hold before the pauses start from `minDelay` again. Default 10,000. */
  readonly stableAfter?: number | undefined;
  /** Attempts after which it is given up. Default Infinity. */
  readonly attempts?: number | undefined;
}

/** {@link ReconnectOptions} as they are used. */
export interface ReconnectSettings {
  readonly backoff: BackoffOptions;
  readonly stableAfter: number;
  readonly attempts: number;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function reconnectSettings(options: ReconnectOptions): ReconnectSettings {
  knownOptions('reconnect', options, ['stableAfter', 'attempts', ...BACKOFF_OPTIONS]);
  const { minDelay, maxDelay, stableAfter = 10_000, attempts = Infinity } = options;
  const backoff = { minDelay, maxDelay };
  // Refused now rather than when the connection is lost.
  void new Backoff(backoff);
  integerOption('stableAfter', stableAfter, 0, MAX_DELAY);
  if (attempts !== Infinity) integerOption('attempts', attempts, 1);
  return { backoff, stableAfter, attempts };
}

/** Closing for one of these was meant: nobody wants the connection back. */
const MEANT: ReadonlySet<CloseReason> = new Set<CloseReason>(['local', 'destroyed', 'shutdown', 'idle']);

/** What a {@link Reconnect} tells, besides making connections. None of it throws. */
export interface RetryEvents {
  retry(retry: RetrySeen): void;
  giveUp(error: unknown): void;
}

/** A connection that is kept; see `client.keep()`. */
export interface KeptConnection {
  /** Tries again now, instead of after the pause. Does nothing while it connects, or is connected. */
  hurry(): void;
}

/** Keeps a connection: makes it anew when it is lost, as long as nobody meant it to close. */
export class Reconnect implements KeptConnection {
  readonly #settings: ReconnectSettings;
  readonly #clock: Clock;
  readonly #connect: () => Promise<unknown>;
  readonly #signal: AbortSignal;
  readonly #events: RetryEvents;
  readonly #backoff: Backoff;
  #connectedAt = 0;
  /** Whether a connection was closed on purpose: none is wanted any more. */
  #over = false;
  /** Ends the pause that there is. */
  #hurry: (() => void) | undefined = undefined;

  /**
   * @param connect makes the connection; what becomes of it is told to {@link made}, {@link unmade} and {@link lost}
   * @param signal ends it
   */
  constructor(
    settings: ReconnectSettings,
    clock: Clock,
    connect: () => Promise<unknown>,
    signal: AbortSignal,
    events: RetryEvents,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#connect = connect;
    this.#signal = signal;
    this.#events = events;
    this.#backoff = new Backoff(settings.backoff);
  }

  /** Connects for the first time, and goes on until there is a connection. */
  async begin(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      if (!this.#signal.aborted && !this.#over) await this.#retry(error);
    }
  }

  /** Cuts a pause short. */
  hurry(): void {
    this.#hurry?.();
  }

  /** The connection is ready. */
  made(): void {
    this.#connectedAt = this.#clock.now();
  }

  /** The connection closes for `reason` before it was ready, if there was one at all. */
  unmade(reason: CloseReason | undefined): void {
    if (reason !== undefined && MEANT.has(reason)) this.#over = true;
  }

  /** The connection is closed, for `reason`. */
  lost(reason: CloseReason, error: unknown): void {
    if (MEANT.has(reason) || this.#signal.aborted) return;
    if (this.#clock.now() - this.#connectedAt >= this.#settings.stableAfter) this.#backoff.reset();
    void this.#retry(error ?? new Error(`the connection closed (${reason})`));
  }

  async #retry(error: unknown): Promise<void> {
    let last = error;
    while (this.#backoff.failures < this.#settings.attempts) {
      const delay = this.#backoff.next();
      const retry: RetrySeen = { attempt: this.#backoff.failures, delay, error: last };
      if (channels.clientRetry.hasSubscribers) channels.clientRetry.publish(retry);
      this.#events.retry(retry);
      try {
        await this.#pause(delay);
        await this.#connect();
        return;
      } catch (failure) {
        if (this.#signal.aborted || this.#over) return;
        last = failure;
      }
    }
    this.#events.giveUp(last);
  }

  async #pause(delay: number): Promise<void> {
    let cancel!: () => void;
    const over = new Promise<void>((resolve) => {
      this.#hurry = resolve;
      // Nothing else may keep the process alive in the meantime, and it has not ended: it waits for its connection.
      cancel = this.#clock.after(delay, resolve, true);
    });
    try {
      await abortable(over, this.#signal);
    } finally {
      this.#hurry = undefined;
      cancel();
    }
  }
}
