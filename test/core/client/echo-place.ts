import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line } from '@wirewright/codec-line';
import { type Connection, Server } from '@wirewright/core';
import { onTestFinished } from 'vitest';

/** A place with an echo server that can go away and come back: a path, which nobody else can take meanwhile. */
export class EchoPlace {
  readonly path: string;
  /** All that the servers there were ever sent. */
  readonly seen: string[] = [];
  /** Connections that were ever accepted. */
  accepted = 0;
  /** What is done about a message, other than to echo it. */
  serve: (connection: Connection<string>, text: string) => unknown = (connection, text) =>
    connection.send(`echo ${text}`);
  #server: Server<string> | undefined;

  static async open(): Promise<EchoPlace> {
    const place = new EchoPlace();
    await place.start();
    return place;
  }

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    this.path = join(folder, 'echo.sock');
    onTestFinished(async () => {
      await this.stop();
      rmSync(folder, { recursive: true });
    });
  }

  async start(): Promise<void> {
    this.#server = new Server<string>({ codec: line() })
      .onConnect(() => void this.accepted++)
      .onRead((connection, text) => {
        this.seen.push(text);
        return this.serve(connection, text);
      });
    await this.#server.listen({ path: this.path });
  }

  /** Connections that are open. */
  get connections(): ReadonlySet<Connection<string>> {
    return this.#server?.connections ?? new Set();
  }

  /** Breaks off all connections, and accepts no more. */
  async stop(): Promise<void> {
    this.#server?.destroy();
    await this.#server?.close();
    this.#server = undefined;
  }
}
