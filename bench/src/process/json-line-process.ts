import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

import { startChild } from './start-child.ts';

/** One JSON object that a child process printed on a line. */
export type JsonLine = Readonly<Record<string, unknown>>;

/** How long a child may take to answer, unless it is known to need longer, and to exit once its stdin is closed, in ms. */
const ANSWER_MS = 10_000;
const EXIT_MS = 1000;
/** Characters of the end of stderr that an error message quotes. */
const QUOTE = 600;

/** A child process that talks in JSON lines on stdout and takes commands, one a line, on stdin. Closing stdin ends it. */
export class JsonLineProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: JsonLine[] = [];
  readonly #closed: Promise<unknown>;
  #waiting: { resolve(line: JsonLine): void; reject(error: Error): void } | undefined;
  #ended = false;
  #stderr = '';

  /** @param name what error messages call it; @param command program and arguments */
  constructor(name: string, command: readonly string[]) {
    this.#name = name;
    this.#child = startChild(command, 'pipe');
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    // A command for a process that has just died: its end is reported by next().
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-16 * QUOTE);
    });
    createInterface({ input: this.#child.stdout! }).on('line', (text) => this.#accept(text));
    this.#child.once('error', (error) => this.#end(error.message));
    this.#child.once('close', (code, signal) => this.#end(`it ended (${signal ?? `exit status ${code}`})`));
  }

  /** Writes one command line. */
  send(command: string): void {
    this.#child.stdin!.write(`${command}\n`);
  }

  /** The next line it prints. Throws when it ends first, or prints nothing for `patience`, in ms. */
  async next(patience: number = ANSWER_MS): Promise<JsonLine> {
    const ready = this.#lines.shift();
    if (ready !== undefined) return ready;
    if (this.#ended) throw new Error(`${this.#name}: it has ended${this.#quote()}`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<JsonLine>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        timer = setTimeout(() => this.#fail(`no answer in ${patience / 1000} s`), patience);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  /** Closes stdin and waits for the end; kills it when it does not end by itself. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  #accept(text: string): void {
    const line = parseLine(text);
    if (line === undefined) {
      this.#fail(`printed something else than a JSON object: ${text.slice(0, QUOTE)}`);
      return;
    }
    if (this.#waiting === undefined) {
      this.#lines.push(line);
      return;
    }
    this.#waiting.resolve(line);
    // The next line may come before whoever waited runs again.
    this.#waiting = undefined;
  }

  #fail(why: string): void {
    this.#waiting?.reject(new Error(`${this.#name}: ${why}${this.#quote()}`));
  }

  #end(why: string): void {
    this.#ended = true;
    this.#fail(why);
  }

  #quote(): string {
    const said = this.#stderr.trim();
    return said === '' ? '' : `\n${said.slice(0, QUOTE)}`;
  }
}

function parseLine(text: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJsonLine(value: unknown): value is JsonLine {
  return typeof value === 'object' && value !== null;
}

/** A number out of a JSON line. Throws when it is not there. */
export function numberIn(line: JsonLine, field: string): number {
  const value = line[field];
  if (typeof value !== 'number') throw new Error(`no number "${field}" in ${JSON.stringify(line)}`);
  return value;
}
