import { type ChildProcess, spawn } from 'node:child_process';
import type { Server as NetServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { vi } from 'vitest';

import { patient } from '../../support/patience.ts';

/** How the process is doing. */
interface Report {
  readonly port: number;
  /** Milliseconds since it began. */
  readonly time: number;
  /** Milliseconds of CPU time that it has used. */
  readonly cpu: number;
  readonly accepted: number;
  readonly refused: number;
  readonly open: number;
}

/** An echo server in a process that has 64 file descriptors to itself. */
export class ScarceServer {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #last: Report | undefined = undefined;
  errors = '';

  /** @param listener what the process is to inherit; closed here */
  constructor(how: string, listener?: NetServer) {
    const script = fileURLToPath(new URL('scarce-server.mjs', import.meta.url));
    this.#child = spawn('sh', ['-c', 'ulimit -n 256; exec "$0" "$@"', process.execPath, script, how], {
      stdio: ['ignore', 'pipe', 'pipe', ...(listener === undefined ? [] : [descriptorOf(listener)])],
    });
    listener?.close();
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    createInterface({ input: this.#child.stdout! }).on('line', (text) => {
      this.#last = JSON.parse(text) as Report;
    });
  }

  /** How the process is doing from now on; rejects when it does not say. */
  async report(): Promise<Report> {
    this.#last = undefined;
    return await vi.waitUntil(() => this.#last, patient);
  }

  /** The share of one CPU that it uses for the next `ms`. */
  async load(ms: number): Promise<number> {
    const before = await this.report();
    await sleep(ms);
    const after = await this.report();
    return (after.cpu - before.cpu) / (after.time - before.time);
  }

  /** Makes the process close one file. */
  async freeDescriptor(): Promise<void> {
    this.#child.kill('SIGUSR2');
    // Two signals of a kind that come at a time would be one.
    await this.report();
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/** There is no public way to it, nor one to hand a listener to a process without a channel, which would be a stream. */
function descriptorOf(listener: NetServer): number {
  // oxlint-disable-next-line no-underscore-dangle -- the name that Node gave it
  return (listener as unknown as { _handle: { fd: number } })._handle.fd;
}
