// oxlint-disable no-await-in-loop -- it asks again and again
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startChild } from './start-child.ts';
import { stopChild } from './stop-child.ts';
import { undoAtExit } from './undo-at-exit.ts';
import { type Usage, usageOf } from './usage.ts';

/** How long a server may take until it answers, in ms. */
const PATIENCE = 10_000;

/** Characters of what a server says on stderr that an error quotes. */
const QUOTE = 600;

/** A server, ours or another one, as a process whose time and memory can be looked at. */
export class MeasuredProcess {
  readonly name: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #removeFolder: () => void;

  private constructor(name: string, child: ChildProcess, port: number, removeFolder: () => void) {
    this.name = name;
    this.port = port;
    this.#child = child;
    this.#removeFolder = removeFolder;
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
    const removeFolder = undoAtExit(() => rmSync(folder, { recursive: true, force: true }));
    const child = startChild(
      command.map((word) => word.replace('{port}', String(port)).replace('{folder}', folder)),
      ['ignore', 'ignore', 'pipe'],
    );
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-QUOTE)));
    const failed = once(child, 'exit').then(([code]: (number | null)[]) => {
      throw new Error(`${name} ended with ${code}: ${command.join(' ')}\n${said.trim()}`.trim());
    });
    const server = new MeasuredProcess(name, child, port, removeFolder);
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

  /** CPU time and memory so far. */
  usage(): Usage {
    return usageOf(this.#child.pid!);
  }

  async stop(): Promise<void> {
    await stopChild(this.#child);
    this.#removeFolder();
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
