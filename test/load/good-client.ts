import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any answer takes on a machine that is merely busy. */
const PATIENCE = 20_000;

/** A peer that asks one line after the other, as long as it is told to, and minds how long the answers take. */
export class GoodClient {
  readonly #socket: Socket;
  #text = '';
  #heard: (() => void) | undefined = undefined;
  #stopped = false;
  #asking: Promise<void> = Promise.resolve();
  answers = 0;
  bytes = 0;
  /** The longest that an answer took, in ms. */
  worst = 0;

  static async to(port: number): Promise<GoodClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new GoodClient(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('close', () => this.#heard?.());
    socket.on('data', (text) => {
      this.#text += String(text);
      this.#heard?.();
    });
  }

  /** Resolves with the answer; rejects when there is none, or the wrong one. */
  async ask(): Promise<void> {
    const request = `good ${this.answers}\n`;
    const since = performance.now();
    this.#text = '';
    this.bytes += request.length;
    const late = setTimeout(() => this.#socket.destroy(), PATIENCE);
    this.#socket.write(request);
    while (!this.#text.endsWith('\n') && !this.#socket.closed) {
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
    clearTimeout(late);
    if (this.#text !== request) throw new Error(`the good client got ${JSON.stringify(this.#text)} for ${request}`);
    this.answers++;
    this.worst = Math.max(this.worst, performance.now() - since);
  }

  /** Asks again and again from here on. */
  start(): this {
    this.#stopped = false;
    this.#asking = (async () => {
      while (!this.#stopped) {
        await this.ask();
        await sleep(5);
      }
    })();
    // It is told by stop().
    this.#asking.catch(() => {});
    return this;
  }

  /** Rejects when one of the questions was not answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#asking;
  }

  /** Stops and leaves. */
  async leave(): Promise<void> {
    await this.stop();
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    await closed;
  }

  destroy(): void {
    this.#stopped = true;
    this.#socket.destroy();
  }

  toString(): string {
    return `the good client got ${this.answers} answers, the slowest after ${this.worst.toFixed(0)} ms`;
  }
}
