import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { Server } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';

import { startChild } from '../process/start-child.ts';

/** CPU time of this process, user and system, in milliseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A server of ours and a process that sends it frames over loopback TCP. */
export class ArrivingFrames {
  readonly #server: Server<Buffer, unknown>;
  readonly #sender: ChildProcess;
  #received: () => void = () => {};

  private constructor(server: Server<Buffer, unknown>, sender: ChildProcess) {
    this.#server = server;
    this.#sender = sender;
    server.onRead(() => this.#received());
  }

  /** @param most the longest frame, in bytes */
  static async start(most: number): Promise<ArrivingFrames> {
    const server = new Server<Buffer, never>({ codec: lengthPrefixed({ maxFrameLength: most }) });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const script = join(import.meta.dirname, 'send-frames.js');
    const sender = startChild([process.execPath, script, String(server.port)], ['pipe', 'inherit', 'inherit']);
    return new ArrivingFrames(server, sender);
  }

  /** CPU milliseconds that receiving one frame of `size` bytes costs. */
  async receive(size: number): Promise<number> {
    const before = cpu();
    await new Promise<void>((resolve) => {
      this.#received = resolve;
      this.#sender.stdin!.write(`${size}\n`);
    });
    return cpu() - before;
  }

  async stop(): Promise<void> {
    this.#sender.stdin!.end();
    await this.#server.close({ grace: 1000 });
  }
}
