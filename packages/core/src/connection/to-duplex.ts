import { Duplex } from 'node:stream';

import type { CodecFactory } from '../codec/codec.ts';
import { retain } from '../codec/retain.ts';
import { ClosedError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './options.ts';

/**
 * A connection as a stream of messages: an object-mode Duplex with backpressure both ways, for `pipeline()`, `pipe()` and whatever
 * else takes streams.
 *
 * ```ts
 * const messages = toDuplex(line(), socket);
 * await pipeline(messages, toUpperCase, messages);
 * ```
 *
 * Reading ends with the peer's end; `end()` ends this side; an error of the connection destroys the stream with it, and to destroy the
 * stream destroys the connection. An 'error' event that nobody listens to ends nothing but the stream.
 *
 * @param codec makes the codec that is plugged into `stream`, any Duplex of bytes
 * @throws {InvalidOptionError} as {@link Connection.over} does
 */
export function toDuplex<In, Out = In, Data = unknown>(
  codec: CodecFactory<In, Out>,
  stream: Duplex,
  options?: ConnectionOptions<Data>,
): Duplex;
/**
 * @param connection whose messages nobody takes yet; with its option `halfOpen` it can be written to when the peer has ended
 * @throws {InvalidOptionError} somebody takes the messages of the connection already
 */
export function toDuplex<In, Out, Data>(connection: Connection<In, Out, Data>): Duplex;
export function toDuplex<In, Out, Data>(
  source: CodecFactory<In, Out> | Connection<In, Out, Data>,
  stream?: Duplex,
  options?: ConnectionOptions<Data>,
): Duplex {
  if (source instanceof Connection) return new MessageStream(source);
  return new MessageStream(Connection.over<In, Out, Data>(stream!, source, {}, { halfOpen: true, ...options }));
}

class MessageStream<In, Out, Data> extends Duplex {
  readonly #connection: Connection<In, Out, Data>;
  /** Ends the write that waits until the connection has drained. */
  #written: ((error?: Error) => void) | undefined = undefined;

  constructor(connection: Connection<In, Out, Data>) {
    super({ objectMode: true });
    this.#connection = connection;
    // `onError` is told of what the network does; who does not listen here must not be ended by it.
    this.on('error', () => {});
    connection.consume({
      // What is queued here is the stream's to deliver, however long that takes.
      busy: false,
      receive: (message) => {
        if (!this.push(retain(message))) connection.hold(true);
      },
      end: () => this.#end(),
      drain: () => this.#drained(),
      stop: () => this.#stop(),
    });
  }

  override _read(): void {
    this.#connection.hold(false);
  }

  override _write(message: Out, _encoding: BufferEncoding, written: (error?: Error) => void): void {
    try {
      if (this.#connection.send(message)) written();
      else if (this.#connection.writable) this.#written = written;
      else written(new ClosedError(this.#connection.name));
    } catch (error) {
      written(error as Error);
    }
  }

  override _final(ended: () => void): void {
    this.#connection.end();
    ended();
  }

  override _destroy(error: Error | null, destroyed: (error?: Error | null) => void): void {
    // When both sides have ended, the connection closes by itself, and has something to send yet.
    if (!this.readableEnded || !this.writableFinished) this.#connection.destroy();
    destroyed(error);
  }

  #end(): Promise<void> {
    this.push(null);
    return new Promise((resolve) => {
      this.once('end', resolve);
      this.once('close', resolve);
    });
  }

  #drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  #stop(): void {
    if (this.readableEnded && this.writableFinished) return;
    this.destroy(this.#connection.error ?? (this.readableEnded ? undefined : new ClosedError(this.#connection.name)));
  }
}
