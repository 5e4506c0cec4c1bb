/** What is told when a signal is aborted. */
export interface AbortWatcher {
  /** The signal was aborted, for `reason`. Must not throw: others are told after it. */
  aborted(reason: unknown): void;
}

/**
 * Those that watch one signal. The signal gets one listener for all of them: Node warns of a leak from the eleventh on, and walks
 * through all that are there for each that is added.
 */
export class AbortWatch {
  static readonly #watches = new WeakMap<AbortSignal, AbortWatch>();
  readonly #signal: AbortSignal;
  readonly #watchers = new Set<AbortWatcher>();

  private constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The one watch of `signal`, made when it is first asked for. */
  static of(signal: AbortSignal): AbortWatch {
    let watch = AbortWatch.#watches.get(signal);
    if (watch === undefined) AbortWatch.#watches.set(signal, (watch = new AbortWatch(signal)));
    return watch;
  }

  /** Tells `watcher` of the abort. A signal that is aborted already is not looked at: ask it first. */
  add(watcher: AbortWatcher): void {
    if (this.#watchers.size === 0) this.#signal.addEventListener('abort', this);
    this.#watchers.add(watcher);
  }

  /** Tells `watcher` no more. With the last one goes the listener. */
  delete(watcher: AbortWatcher): void {
    if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#signal.removeEventListener('abort', this);
  }

  /** What the signal calls; nobody else does. */
  handleEvent(): void {
    for (const watcher of this.#watchers) watcher.aborted(this.#signal.reason);
  }
}
