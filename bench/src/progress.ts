/** Progress on stderr: one line redrawn on a terminal, else only the lines that are worth keeping in a log. */
export class Progress {
  readonly #redraw: boolean = process.stderr.isTTY;

  /** A step within a case; not shown when stderr is not a terminal. */
  step(text: string): void {
    if (this.#redraw) process.stderr.write(`\r\u001B[K${text}`);
  }

  /** A new case. */
  begin(text: string): void {
    if (this.#redraw) this.step(text);
    else process.stderr.write(`${text}\n`);
  }

  /** Leaves the terminal line empty for what is printed next. */
  clear(): void {
    if (this.#redraw) process.stderr.write('\r\u001B[K');
  }
}
