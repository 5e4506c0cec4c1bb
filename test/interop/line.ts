import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection to a server, and what has come by it. */
export class Line {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  protected constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  protected static async dial(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return socket;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What has come, and was not taken yet. */
  get received(): Buffer {
    return this.#received;
  }

  /** What has come; none of it is there any more afterwards. */
  take(): Buffer {
    const received = this.#received;
    this.#received = Buffer.alloc(0);
    return received;
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Waits until enough has come. Resolves with false when it has not within `patience` ms, or cannot any more. */
  async until(isEnough: (received: Buffer) => boolean, patience: number): Promise<boolean> {
    const until = Date.now() + patience;
    while (!isEnough(this.#received)) {
      const left = until - Date.now();
      if (left <= 0 || this.#closed) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
