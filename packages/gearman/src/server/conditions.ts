/** Those who wait until something holds, which is asked at each {@link look}. */
export class Conditions {
  readonly #waiting = new Set<() => void>();

  /** Resolves when `holds` says so, which may be now. */
  async when(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** Something has changed. */
  look(): void {
    for (const look of this.#waiting) look();
  }
}
