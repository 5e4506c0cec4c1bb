import type { ChildProcess } from 'node:child_process';

import { startChild } from './start-child.ts';
import { stopChild } from './stop-child.ts';

/** How long a slice takes: of load before it counts, and while it does, in seconds. */
export interface SliceTimes {
  readonly warm: number;
  readonly seconds: number;
}

/** What the process of a client answers: first that it begins to measure, then what came of it. */
export type SliceAnswer =
  | { readonly phase: 'measuring' }
  | { readonly phase: 'done'; readonly perSecond: number }
  | { readonly phase: 'failed'; readonly reason: string };

/** How long a slice may take beyond its time, in seconds. */
const PATIENCE = 15;

/** One client in a process of its own, which runs the slices that it is told to. */
export class SliceProcess<Order extends SliceTimes> {
  readonly #child: ChildProcess;

  /**
   * @param command that runs Node, with what goes before it, and an entry that does what `obeyOrders` does, with its arguments
   * @param noisy whether what it prints to stderr is thrown away
   */
  constructor(command: readonly string[], noisy: boolean = false) {
    this.#child = startChild(command, ['ignore', 'ignore', noisy ? 'ignore' : 'inherit', 'ipc']);
    // When it cannot be started, there is no answer.
    this.#child.on('error', () => undefined);
  }

  /**
   * Has it run a slice. Rejects when that fails, or takes too long; then the process is of no more use.
   *
   * @param onMeasuring called when what is done begins to count
   * @returns operations a second
   */
  run(order: Order, onMeasuring: () => void): Promise<number> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const most = PATIENCE + order.warm + order.seconds;
      const timer = setTimeout(() => fail(`no answer in ${most.toFixed(0)} s`), most * 1000);
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

  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}
