import { appendFileSync } from 'node:fs';

/** What is logged, from what is worst on. */
export const LEVELS = ['FATAL', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;
export type Level = (typeof LEVELS)[number];

/** Where lines go that are to be logged: a file by its path, stderr, or nowhere. */
export type LogTarget = { readonly file: string } | 'stderr' | 'none';

/** Writes down what happens, as far as it is asked for. */
export class Log {
  readonly #level: Level;
  readonly #target: LogTarget;

  constructor(level: Level, target: LogTarget) {
    this.#level = level;
    this.#target = target;
  }

  /**
   * A line with the time, unless nobody wants to know. The file is opened for each, so that it may be moved away. What cannot be written to
   * it goes to stderr, and what cannot be written there is lost: to log is no reason to end.
   */
  write(level: Level, text: string): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.#level) || this.#target === 'none') return;
    const line = `${level.padStart(8)} ${new Date().toISOString()} ${text}`;
    if (this.#target === 'stderr') {
      // A console does not mind that nobody reads it any more.
      console.error(line);
      return;
    }
    try {
      appendFileSync(this.#target.file, `${line}\n`);
    } catch (error) {
      console.error(`${line} (not in the log file: ${(error as Error).message})`);
    }
  }
}
