import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { frame, PACKETS } from './packets.ts';

/** Longest wait for an answer, in ms: whoever says nothing for so long has nothing to say. */
const PATIENCE = 5000;

/** A connection to a server, and what has come by it. */
export class Line {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #fences = 0;
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
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

  static async to(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Line(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /**
   * Asks for an echo, so that silence has an end: what comes before it is the answer to all that the server has dealt with before.
   *
   * @returns the bytes before the echo, and whether it came
   */
  async fence(patience: number = PATIENCE): Promise<{ bytes: Buffer; answered: boolean }> {
    const text = `fence ${++this.#fences}`;
    this.send(frame('\0REQ', PACKETS.ECHO_REQ, text));
    const echo = frame('\0RES', PACKETS.ECHO_RES, text);
    const answered = await this.#until((received) => received.subarray(-echo.length).equals(echo), patience);
    const bytes = this.#received;
    this.#received = Buffer.alloc(0);
    return { bytes: answered ? bytes.subarray(0, bytes.length - echo.length) : bytes, answered };
  }

  /** What has come since the last fence. */
  get received(): Buffer {
    return this.#received;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(isEnough: (received: Buffer) => boolean, patience: number): Promise<boolean> {
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
}
