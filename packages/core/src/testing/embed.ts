import { Buffer } from 'node:buffer';

import type { CodecFactory } from '../codec/codec.ts';
import type { WireError } from '../codec/errors.ts';
import { retain } from '../codec/retain.ts';
import type { CloseReason } from '../connection/close-reason.ts';
import { Connection } from '../connection/connection.ts';
import { createCodec } from '../connection/create-codec.ts';
import type { Hooks } from '../connection/hooks.ts';
import { type ConnectionOptions, type ConnectionRole, connectionSettings } from '../connection/options.ts';
import { EmbeddedTransport } from './embedded-transport.ts';
import { FakeClock } from './fake-clock.ts';

/** Options of {@link embed}: those of a connection, whose clock is fake. */
export interface EmbedOptions<Data = unknown> extends Omit<ConnectionOptions<Data>, 'clock'> {
  /** Which side the connection is: a server's stops reading when its peer does. Default `'server'`. */
  readonly role?: ConnectionRole | undefined;
  /** Whether {@link EmbeddedConnection.messages} are recorded. False leaves them to an exchange, an iterator or a stream. Default true. */
  readonly record?: boolean | undefined;
}

/**
 * A connection without a socket, for tests: feed it bytes, look at the messages and at what was sent, and move its clock.
 *
 * ```ts
 * const embedded = embed(line(), { onRead: (connection, text) => connection.send(text.toUpperCase()) });
 * embedded.feed('hel');
 * embedded.feed('lo\n');
 * embedded.messages; // ['hello']
 * embedded.sent().toString(); // 'HELLO\n'
 * ```
 */
export class EmbeddedConnection<In, Out = In, Data = unknown> {
  /** The connection under test. */
  readonly connection: Connection<In, Out, Data>;
  /** Where the time of the connection comes from: it stands still until {@link FakeClock.advance}. */
  readonly clock: FakeClock = new FakeClock();
  /** What `onRead` got, in order; views are retained. */
  readonly messages: In[] = [];
  /** What `onError` got. */
  readonly errors: WireError[] = [];
  /** What `onClose` got, each time: more than one is a bug. */
  readonly closeReasons: CloseReason[] = [];
  readonly #transport = new EmbeddedTransport();

  constructor(codec: CodecFactory<In, Out>, hooks: Hooks<In, Out, Data>, options: EmbedOptions<Data>) {
    const { role = 'server', record = true, ...rest } = options;
    const first = createCodec(codec);
    const onRead: Hooks<In, Out, Data>['onRead'] = (connection, message) => {
      this.messages.push(message);
      try {
        // The hook gets a view as it is on a real connection.
        return hooks.onRead?.(connection, message);
      } finally {
        retain(message);
      }
    };
    const recording: Hooks<In, Out, Data> = {
      ...hooks,
      ...(record ? { onRead } : {}),
      onError: (connection, error) => {
        this.errors.push(error);
        return hooks.onError?.(connection, error);
      },
      onClose: (connection, reason) => {
        this.closeReasons.push(reason);
        return hooks.onClose?.(connection, reason);
      },
    };
    const settings = connectionSettings('embed()', role, () => first, recording, { ...rest, clock: this.clock });
    this.connection = new Connection(this.#transport, settings);
    void this.connection.open();
  }

  /** Bytes from the peer, in one chunk; text is utf-8. */
  feed(bytes: Uint8Array | string): this {
    this.#transport.receive(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    return this;
  }

  /** The peer ends its side. */
  end(): this {
    this.#transport.receiveEnd();
    return this;
  }

  /** The peer resets the connection. */
  reset(error: Error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })): this {
    this.#transport.fail(error);
    return this;
  }

  /** The bytes sent since the last call. */
  sent(): Buffer {
    this.connection.flush();
    return this.#transport.takeWritten();
  }

  /** How many writes there were so far: a turn of the event loop makes one. */
  get writes(): number {
    return this.#transport.writes;
  }

  /** The peer stops reading: what is sent stays unsent. */
  stall(): this {
    this.#transport.stall();
    return this;
  }

  /** The peer reads again. */
  unstall(): this {
    this.#transport.unstall();
    return this;
  }

  /** Whether reading from the socket is stopped. */
  get paused(): boolean {
    return this.#transport.paused;
  }

  /** Whether this side has ended its output. */
  get ended(): boolean {
    return this.#transport.ended;
  }

  /** Whether the socket is destroyed. */
  get destroyed(): boolean {
    return this.#transport.destroyed;
  }

  /** Moves the clock of the connection. */
  advance(ms: number): this {
    this.clock.advance(ms);
    return this;
  }

  /** Resolves when promises and immediates that wait now have run: two turns of the event loop. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A connection without a socket; see {@link EmbeddedConnection}. */
export function embed<In, Out = In, Data = unknown>(
  codec: CodecFactory<In, Out>,
  hooks: Hooks<In, Out, Data> = {},
  options: EmbedOptions<Data> = {},
): EmbeddedConnection<In, Out, Data> {
  return new EmbeddedConnection(codec, hooks, options);
}
