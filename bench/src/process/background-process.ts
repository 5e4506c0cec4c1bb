import type { ChildProcess } from 'node:child_process';

import { startChild } from './start-child.ts';
import { stopChild } from './stop-child.ts';

/** A process that is there, and is asked nothing. */
export class BackgroundProcess {
  readonly #child: ChildProcess;

  /** @param noisy whether what it prints to stderr is thrown away */
  constructor(command: readonly string[], noisy: boolean = false) {
    this.#child = startChild(command, ['pipe', 'ignore', noisy ? 'ignore' : 'inherit']);
    // When it cannot be started, nobody does what it should.
    this.#child.on('error', () => undefined);
    this.#child.stdin!.on('error', () => undefined);
  }

  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}
