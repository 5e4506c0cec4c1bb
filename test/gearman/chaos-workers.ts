import { join } from 'node:path';

import { Worker, type WorkerOptions } from '@wirewright/gearman';
import { expect } from 'vitest';

import { PATIENCE } from '../support/patience.ts';
import { Running } from '../support/programs.ts';
import { work } from './chaos-work.mjs';

/** What has become of jobs where they were done. */
export class Executions {
  /** How often each job was begun. */
  readonly #begun = new Map<string, number>();
  readonly tell = (what: string): void => {
    const index = what.slice(1);
    if (what[0] === '+') this.#begun.set(index, (this.#begun.get(index) ?? 0) + 1);
  };

  /** Jobs that were begun at all, and those that were begun more than once. */
  get jobs(): { executed: number; repeated: number } {
    let repeated = 0;
    for (const times of this.#begun.values()) if (times > 1) repeated++;
    return { executed: this.#begun.size, repeated };
  }
}

/** A worker that can go down without a word. */
export interface ChaosWorker {
  /** It goes down, if it can in the middle of a job, and another one takes its place. Resolves with the jobs that it was at. */
  crash(): Promise<number>;
  close(): Promise<void>;
}

/** Resolves when a worker is at a job; when it gets none, after a while. */
async function busy(is: () => boolean): Promise<void> {
  const deadline = performance.now() + 1000;
  while (!is() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A worker in this process. */
export function localWorker(servers: string[], options: WorkerOptions, told: (what: string) => void): ChaosWorker {
  const start = (): Worker => new Worker(servers, options).onError(() => {}).handle('work', (job) => work(job, told));
  let worker = start();
  return {
    async crash() {
      await busy(() => worker.running > 0);
      const { running } = worker;
      worker.destroy();
      worker = start();
      return running;
    },
    close: async () => {
      await worker.close();
    },
  };
}

/** A worker in a process of its own, that is killed. */
export async function remoteWorker(
  servers: string[],
  options: WorkerOptions,
  told: (what: string) => void,
): Promise<ChaosWorker & { kill(): void }> {
  const start = async (): Promise<{ running: Running; at: () => number }> => {
    const script = join(import.meta.dirname, 'chaos-worker.mjs');
    const running = new Running(process.execPath, [script, JSON.stringify(options), ...servers]);
    let [rest, at] = ['', 0];
    running.process.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        told(line);
        if (line[0] === '+') at++;
        if (line[0] === '-') at--;
      }
    });
    await running.says(/there/);
    return { running, at: () => at };
  };
  let child = await start();
  return {
    async crash() {
      const { running, at } = child;
      await busy(() => at() > 0);
      running.destroy();
      await running.ended;
      child = await start();
      return at();
    },
    kill: () => child.running.destroy(),
    async close() {
      const { running } = child;
      running.process.kill('SIGTERM');
      const late = setTimeout(() => running.destroy(), PATIENCE);
      expect(await running.ended, running.output).toBe(0);
      clearTimeout(late);
    },
  };
}
