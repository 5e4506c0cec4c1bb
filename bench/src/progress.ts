/** Progress on stderr: one line redrawn on a terminal, else a line for each case, which is worth keeping in a log. */
export class Progress {
  readonly #redraw: boolean = process.stderr.isTTY;
  readonly #begun: number = performance.now();
  #prefix = '';

  /** The benchmark that is under way, and which of how many it is. */
  enter(benchmark: string, number: number, count: number): void {
    this.#prefix = count === 1 ? `${benchmark}: ` : `${number} of ${count}, ${benchmark}: `;
  }

  /** A new case. */
  begin(text: string): void {
    if (this.#redraw) this.step(text);
    else process.stderr.write(`${this.#line(text)}\n`);
  }

  /** A step within a case; not shown when stderr is not a terminal. */
  step(text: string): void {
    if (this.#redraw) process.stderr.write(`\r\u001B[K${this.#line(text).slice(0, process.stderr.columns - 1)}`);
  }

  /** Leaves the terminal line empty for what is printed next. */
  clear(): void {
    if (this.#redraw) process.stderr.write('\r\u001B[K');
  }

  #line(text: string): string {
    const seconds = Math.floor((performance.now() - this.#begun) / 1000);
    return `[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}] ${this.#prefix}${text}`;
  }
}
