import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { ClientKind } from './client-kind.ts';
import type { SliceAnswer, SliceOrder } from './client-messages.ts';

/** How long a slice may take beyond its time, in seconds. */
const PATIENCE = 15;

/** One client in a process of its own. */
export class ClientProcess {
  readonly #child: ChildProcess;

  /** @param node the command that runs Node, with what goes before it */
  constructor(kind: ClientKind, port: number, node: readonly string[]) {
    const entry = join(import.meta.dirname, 'run-client.js');
    const [program, ...args] = node;
    args.push('--no-deprecation', entry, kind, String(port));
    this.#child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    // When it cannot be started, there is no answer.
    this.#child.on('error', () => undefined);
  }

  /**
   * Has it run a slice. Rejects when that fails, or takes too long; then the process is of no more use.
   *
   * @param onMeasuring called when what is done begins to count
   * @returns operations a second
   */
  run(order: SliceOrder, onMeasuring: () => void): Promise<number> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const most = PATIENCE + order.warm + order.seconds;
      const timer = setTimeout(() => fail(`no answer in ${most} s`), most * 1000);
      child.on('message', hear).on('exit', fallSilent);
      child.send(order, () => undefined);

      function hear(answer: SliceAnswer): void {
        if (answer.phase === 'measuring') onMeasuring();
        else if (answer.phase === 'failed') fail(answer.reason);
        else {
          stopListening();
          resolve(answer.perSecond);
        }
      }

      function fallSilent(code: number | null, signal: string | null): void {
        fail(`its process ended (${signal ?? `exit status ${code}`})`);
      }

      function fail(reason: string): void {
        stopListening();
        reject(new Error(reason));
      }

      function stopListening(): void {
        clearTimeout(timer);
        child.off('message', hear).off('exit', fallSilent);
      }
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
