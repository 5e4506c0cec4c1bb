import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

import { filling } from './workloads.ts';

/** How long a server may take until it listens, in ms. */
const PATIENCE = 10_000;

/** A memcached server, whichever, as a process of its own. */
export class MemcachedProcess {
  readonly name: string;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess, port: number) {
    this.name = name;
    this.port = port;
    this.#child = child;
  }

  /**
   * Starts a server, and waits until it takes connections.
   *
   * @param command in which `{port}` stands for the port
   */
  static async start(name: string, command: readonly string[]): Promise<MemcachedProcess> {
    const port = await freePort();
    const [program, ...args] = command.map((word) => word.replace('{port}', String(port)));
    const child = spawn(program!, args, { stdio: 'ignore' });
    const failed = once(child, 'exit').then(([code]: (number | null)[]) => {
      throw new Error(`${name} ended with ${code}: ${command.join(' ')}`);
    });
    const server = new MemcachedProcess(name, child, port);
    try {
      await Promise.race([server.#listening(), failed]);
    } finally {
      failed.catch(() => {});
    }
    return server;
  }

  /** Has it hold every key that is asked for. */
  async fill(): Promise<void> {
    await this.exchange(filling());
  }

  /** Sends bytes that end with a no-op, and resolves when that is answered. */
  async exchange(bytes: Uint8Array): Promise<void> {
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    socket.write(bytes);
    for await (const chunk of socket) if (String(chunk).endsWith('MN\r\n')) break;
    socket.destroy();
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
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #listening(): Promise<void> {
    const until = Date.now() + PATIENCE;
    for (;;) {
      try {
        await this.exchange(Buffer.from('mn\r\n'));
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
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
