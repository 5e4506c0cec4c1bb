import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { PATIENCE } from '../support/patience.ts';

const DIST = fileURLToPath(new URL('../../examples/dist/', import.meta.url));

export interface Exit {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An example as a process of its own. */
export class ExampleProcess {
  static readonly #running = new Set<ExampleProcess>();
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  #check: () => void = () => {};
  stdout = '';
  stderr = '';

  /** Runs `examples/dist/<name>.js`. */
  constructor(name: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [`${DIST}${name}.js`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    ExampleProcess.#running.add(this);
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#check();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // 'close', not 'exit': all of the output is there.
    this.#exit = once(this.#child, 'close').then(([status, signal]) => {
      ExampleProcess.#running.delete(this);
      this.#check();
      return { status, signal };
    });
  }

  /** Ends what a test has left running. */
  static async endAll(): Promise<void> {
    await Promise.all(
      Array.from(ExampleProcess.#running, (example) => {
        example.signal('SIGKILL');
        return example.#exit;
      }),
    );
  }

  /** Resolves with the match when stdout matches `pattern`; rejects when the process ends or takes too long without. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const shown = new Promise<RegExpExecArray>((resolve, reject) => {
      this.#check = () => {
        const match = pattern.exec(this.stdout);
        if (match !== null) resolve(match);
        else if (!ExampleProcess.#running.has(this)) reject(this.#failure(`ended without printing ${pattern}`));
      };
      this.#check();
    });
    return this.#patiently(shown, `${pattern}`);
  }

  /** Resolves when the process has ended. */
  async exited(): Promise<Exit> {
    return this.#patiently(this.#exit, 'the end');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #patiently<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#failure(`waited ${PATIENCE} ms for ${what}`)), PATIENCE);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  #failure(what: string): Error {
    return new Error(`${what}\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`);
  }
}
