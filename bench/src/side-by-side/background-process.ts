import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that is there, and is asked nothing: it ends when its stdin does, so that it does not outlive this one. */
export class BackgroundProcess {
  readonly #child: ChildProcess;

  /** @param noisy whether what it prints to stderr is thrown away */
  constructor(command: readonly string[], noisy: boolean = false) {
    const [program, ...args] = command;
    this.#child = spawn(program!, args, { stdio: ['pipe', 'ignore', noisy ? 'ignore' : 'inherit'] });
    // When it cannot be started, nobody does what it should.
    this.#child.on('error', () => undefined);
    this.#child.stdin!.on('error', () => undefined);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
