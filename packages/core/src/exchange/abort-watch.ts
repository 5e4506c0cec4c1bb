/** What is told when a signal is aborted. */
export interface AbortWatcher {
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

  static of(signal: AbortSignal): AbortWatch {
    let watch = AbortWatch.#watches.get(signal);
    if (watch === undefined) AbortWatch.#watches.set(signal, (watch = new AbortWatch(signal)));
    return watch;
  }

  add(watcher: AbortWatcher): void {
    if (this.#watchers.size === 0) this.#signal.addEventListener('abort', this);
    this.#watchers.add(watcher);
  }

  delete(watcher: AbortWatcher): void {
    if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#signal.removeEventListener('abort', this);
  }

  handleEvent(): void {
    for (const watcher of this.#watchers) watcher.aborted(this.#signal.reason);
  }
}
