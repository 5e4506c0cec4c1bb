import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ListenOptions } from '@wirewright/core';
import type { WorkersOptions } from '@wirewright/core/cluster';
import { onTestFinished, vi } from 'vitest';

import { patient } from '../../support/patience.ts';

const SCRIPT = fileURLToPath(new URL('cluster-program.mjs', import.meta.url));

/** What the program tells unasked. */
interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** What the next workers to start are to do. */
export type Mood = '' | 'throws' | 'exits' | 'hangs' | 'returns nothing' | 'lingers' | 'several';

/** A primary with its workers: processes of their own, which are gone at the end of the test. */
export class ClusterProgram {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'wirewright-cluster-'));
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly exited: Promise<{ status: number | null; signal: string | null }>;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #asked = 0;
  stderr = '';

  constructor(
    options: WorkersOptions,
    { place, policy, mood = '' }: { place?: ListenOptions; policy?: 'none' | undefined; mood?: Mood } = {},
  ) {
    this.mood = mood;
    const env = {
      ...process.env,
      CLUSTER_PROGRAM: JSON.stringify({
        options,
        place: place ?? { port: 0, host: '127.0.0.1' },
        folder: this.folder,
        policy,
      }),
    };
    this.#child = fork(SCRIPT, { env, execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc'], detached: true });
    this.exited = once(this.#child, 'close').then(([status, signal]) => ({ status, signal }));
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#child.on('message', (message: Told | Answer) => {
      if ('event' in message) this.told.push(message);
      else this.#answers.get(message.id)?.(message);
    });
    onTestFinished(async () => {
      this.kill('SIGKILL');
      await this.exited;
      rmSync(this.folder, { recursive: true });
    });
  }

  static async ready(...args: ConstructorParameters<typeof ClusterProgram>): Promise<ClusterProgram> {
    const program = new ClusterProgram(...args);
    await program.event('ready');
    return program;
  }

  set mood(mood: Mood) {
    writeFileSync(join(this.folder, 'mood'), mood);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get port(): number {
    return this.events('port')[0]!['port'] as number;
  }

  events(name: string): Told[] {
    return this.told.filter(({ event }) => event === name);
  }

  async event(name: string): Promise<Told> {
    return vi.waitUntil(() => this.events(name)[0], patient);
  }

  /** Has the primary do something. Resolves with what came of it; rejects with what it was rejected with. */
  async ask(command: string): Promise<unknown> {
    const id = ++this.#asked;
    const { result, error } = await new Promise<Answer>((resolve) => {
      this.#answers.set(id, resolve);
      this.#child.send({ id, command });
    });
    if (error !== undefined) throw Object.assign(new Error(), error);
    return result;
  }

  async pids(): Promise<number[]> {
    return (await this.ask('pids')) as number[];
  }

  /** Sends a signal to the primary, or as a terminal does to all of them. */
  kill(signal: NodeJS.Signals, toAll = signal === 'SIGKILL'): void {
    try {
      process.kill(toAll ? -this.pid : this.pid, signal);
    } catch {
      // They have ended.
    }
  }

  /** The ids that were handled, by the process that did. */
  books(): Map<number, string[]> {
    return new Map(this.#files('book-').map(([pid, text]) => [pid, text.split('\n').slice(0, -1)]));
  }

  /** With which status workers have ended by themselves. */
  ends(): Map<number, string> {
    return new Map(this.#files('end-'));
  }

  #files(prefix: string): [number, string][] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => [Number(name.slice(prefix.length)), readFileSync(join(this.folder, name), 'utf8')]);
  }
}
