import { Duplex } from 'node:stream';

import type { CodecFactory } from '../codec/codec.ts';
import { WireError } from '../codec/errors.ts';
import { retain } from '../codec/retain.ts';
import { ClosedError } from '../errors.ts';
import { IN_GOOD_ORDER } from './close-reason.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './options.ts';
import { Sweep } from './sweep.ts';

/**
 * A connection as a stream of messages: an object-mode Duplex with backpressure both ways, for `pipeline()`, `pipe()` and whatever
 * else takes streams.
 *
 * ```ts
 * const messages = toDuplex(line(), socket);
 * await pipeline(messages, toUpperCase, messages);
 * ```
 *
 * The readable side ends with the peer, and when the connection is to close in good order. The connection closes once the writable side
 * has ended, too, as `pipeline()` sees to it: what has come is answered. Who only reads, and does not end it, keeps the connection for
 * `closeTimeout` at most. An error of the connection destroys the stream with it, and to destroy the stream destroys the connection. An
 * 'error' event that nobody listens to ends nothing but the stream.
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
  /** Whether the readable side was ended. */
  #ended = false;
  /** Settled when whoever uses the stream has ended it, too; undefined until messages end. */
  #over: Promise<void> | undefined = undefined;

  constructor(connection: Connection<In, Out, Data>) {
    super({ objectMode: true });
    this.#connection = connection;
    // `onError` is told of what the network does; who does not listen here must not be ended by it.
    this.on('error', () => {});
    const waitingToBeRead = (): number => this.readableLength;
    connection.consume({
      get queued() {
        return waitingToBeRead();
      },
      // What was received is passed on, and nothing tells what becomes of it but the end of the stream.
      busy: false,
      receive: (message) => this.#receive(message),
      end: () => (this.#over ??= this.#end()),
      finish: () => (this.#over ??= this.#end()),
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
    // A connection that closes, or whose sides have both ended, has something to send yet.
    const ends = this.#connection.closeReason !== undefined || (this.readableEnded && this.writableFinished);
    if (!ends) this.#connection.destroy();
    destroyed(error);
  }

  #receive(message: In): void {
    // A peer may go on talking while the connection closes.
    if (this.#ended) return;
    if (message === null) {
      // That is what ends an object stream.
      this.#connection.fail(new WireError('WIRE_NULL_MESSAGE', 'null cannot be a message of a stream'));
    } else if (!this.push(retain(message))) {
      this.#connection.hold(true);
    }
  }

  /**
   * No message comes any more. Resolves when whoever uses the stream has ended it, too, or has had the time for it: many only read.
   */
  async #end(): Promise<void> {
    this.#endReadable();
    if (this.writableFinished || this.destroyed) return;
    const { clock, closeTimeout } = this.#connection;
    let cancel!: () => void;
    await new Promise<void>((resolve) => {
      this.once('finish', resolve);
      this.once('close', resolve);
      cancel = Sweep.of(clock).after(closeTimeout, resolve);
    });
    cancel();
  }

  #endReadable(): void {
    if (!this.#ended) this.push(null);
    this.#ended = true;
  }

  /** What waits was taken: only what is written after it can fail. */
  #drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** The connection closes: in good order, which is an end for both sides of the stream, or not. */
  #stop(): void {
    const { closeReason, error, name } = this.#connection;
    if (closeReason !== undefined && IN_GOOD_ORDER.has(closeReason)) {
      this.#endReadable();
      this.#drained();
      this.end();
    } else {
      this.destroy(error ?? new ClosedError(name));
    }
  }
}
