import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';

import type { Transport } from '../connection/transport.ts';

/** A stream with no socket behind it: the test is the peer. Events come as a socket's do, but bytes come at once. */
export class EmbeddedTransport extends EventEmitter implements Transport {
  allowHalfOpen = false;
  destroyed = false;
  writableLength = 0;
  /** Whether this side has ended. */
  ended = false;
  paused = false;
  /** Writes so far; what was corked counts as one. */
  writes = 0;
  #written: Buffer[] = [];
  #corked = 0;
  #stalled = false;
  #callbacks: (() => void)[] = [];
  #unread: Uint8Array[] = [];
  #peerEnded = false;

  write(chunk: Uint8Array, callback?: () => void): boolean {
    if (this.#corked === 0) this.writes++;
    this.#written.push(Buffer.from(chunk));
    if (this.#stalled) this.writableLength += chunk.length;
    if (callback !== undefined) {
      if (this.#stalled) this.#callbacks.push(callback);
      else queueMicrotask(callback);
    }
    return !this.#stalled;
  }

  cork(): void {
    this.#corked++;
  }

  uncork(): void {
    if (--this.#corked === 0) this.writes++;
  }

  end(): this {
    this.ended = true;
    this.#closeWhenBothEnded();
    return this;
  }

  pause(): this {
    this.paused = true;
    return this;
  }

  resume(): this {
    this.paused = false;
    while (!this.paused && this.#unread.length > 0) this.emit('data', this.#unread.shift());
    this.#tellEnd();
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    queueMicrotask(() => this.emit('close'));
    return this;
  }

  /** What the peer sends. */
  receive(chunk: Uint8Array): void {
    if (this.destroyed || this.#peerEnded)
      throw new Error('the peer has nothing more to say: it ended, or the connection is gone');
    if (this.paused) this.#unread.push(chunk);
    else this.emit('data', chunk);
  }

  /** The peer ends its side. */
  receiveEnd(): void {
    this.#peerEnded = true;
    this.#tellEnd();
  }

  /** The way to the peer breaks. */
  fail(error: Error): void {
    if (this.destroyed) return;
    this.emit('error', error);
    this.destroy();
  }

  /** Takes no more bytes off the writer, as a peer that does not read. */
  stall(): void {
    this.#stalled = true;
  }

  /** Takes them again. */
  unstall(): void {
    this.#stalled = false;
    this.writableLength = 0;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }

  /** What was written since the last call. */
  takeWritten(): Buffer {
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    return bytes;
  }

  #tellEnd(): void {
    if (!this.#peerEnded || this.paused || this.#unread.length > 0) return;
    if (this.listenerCount('end') > 0) this.emit('end');
    this.#closeWhenBothEnded();
  }

  #closeWhenBothEnded(): void {
    if (this.ended && this.#peerEnded) this.destroy();
  }
}
