import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** A socket, and all that happened to it. It keeps its own side open when the other one ends. */
export class Peer {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  bytes = 0;
  ended = false;
  /** The code of what broke it off. */
  broken: string | undefined;
  readonly closed: Promise<void>;
  readonly #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
      this.#seen();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#seen();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.broken = error.code;
    });
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('close', () => this.#seen());
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** Resolves when so many bytes have come; rejects when they cannot come any more. */
  async has(bytes: number): Promise<void> {
    await this.#until(() => this.bytes >= bytes);
    if (this.bytes < bytes) throw new Error(`${this.bytes} bytes of ${bytes} came`);
  }

  /** Resolves when nothing more can come. */
  over(): Promise<void> {
    return this.#until(() => this.ended);
  }

  /** Resolves when the other side has ended; rejects when it broke off. */
  async end(): Promise<void> {
    await this.over();
    if (!this.ended) throw new Error(`no end, but ${this.broken}`);
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done() && !this.socket.closed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #seen(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
