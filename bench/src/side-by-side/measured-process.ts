import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a server may take until it answers, in ms. */
const PATIENCE = 10_000;

/** A server, ours or another one, as a process whose time and memory can be looked at. */
export class MeasuredProcess {
  readonly name: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(name: string, child: ChildProcess, port: number, folder: string) {
    this.name = name;
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /**
   * Starts a server, and waits until it answers.
   *
   * @param command in which `{port}` stands for the port, and `{folder}` for a folder of its own, which is removed when it stops
   * @param greet asks the server for something; rejects while it does not answer
   */
  static async start(
    name: string,
    command: readonly string[],
    greet: (port: number) => Promise<void>,
  ): Promise<MeasuredProcess> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
    const [program, ...args] = command.map((word) => word.replace('{port}', String(port)).replace('{folder}', folder));
    const child = spawn(program!, args, { stdio: 'ignore' });
    const failed = once(child, 'exit').then(([code]: (number | null)[]) => {
      throw new Error(`${name} ended with ${code}: ${command.join(' ')}`);
    });
    const server = new MeasuredProcess(name, child, port, folder);
    try {
      await Promise.race([server.#answers(greet), failed]);
    } catch (error) {
      await server.stop();
      throw error;
    } finally {
      failed.catch(() => {});
    }
    return server;
  }

  /** CPU time of all of its threads so far, in nanoseconds. */
  cpuNs(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    return readdirSync(tasks).reduce(
      (sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]),
      0,
    );
  }

  /** Resident memory in bytes. */
  rssBytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'latin1'))!;
    return Number(kilobytes) * 1024;
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(greet: (port: number) => Promise<void>): Promise<void> {
    const until = Date.now() + PATIENCE;
    for (;;) {
      try {
        await greet(this.port);
        return;
      } catch (error) {
        if (Date.now() > until || this.#child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  return port;
}
