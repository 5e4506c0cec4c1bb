import { ByteReader } from '../codec/byte-reader.ts';
import type { Codec } from '../codec/codec.ts';
import { decodeEnd, decodeNext } from '../codec/decode.ts';
import type { WireError } from '../codec/errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../codec/frame-limit.ts';
import { channels } from './channels.ts';
import type { Consumer } from './consumer.ts';
import { hookError, type HookName } from './hooks.ts';
import { isThenable } from './is-thenable.ts';
import { type SniffChoice, Sniffer } from './sniffer.ts';
import { isPlainSocket, type Transport } from './transport.ts';

/** What one turn of the loop handles at most before others get theirs. */
const FRAMES_PER_TURN = 1024;
const BYTES_PER_TURN = 1024 * 1024;

/** What Node asks the kernel for at a time: a read that brings less has left nothing there. */
const READ_SIZE = 64 * 1024;

/** Why a connection does not read; it does while none of these holds. */
export const Hold = {
  /** There is no codec yet. */
  Codec: 1,
  /** Nobody takes the messages yet. */
  Reader: 2,
  /** The user called `pause()`. */
  User: 4,
  /** The peer does not read what we send. */
  Pressure: 8,
  /** The turn was long: the loop goes on in the next one. */
  Yield: 16,
  /** A hook has not settled. */
  Hook: 32,
  /** The consumer has enough for now. */
  Consumer: 64,
  /** Hands are shaken for TLS. */
  Tls: 128,
} as const;

/** How far the end of the input has been told. */
const End = { Open: 0, Received: 1, Decoded: 2, Told: 3, Done: 4 } as const;

/** Where messages go. */
export interface MessageHooks<Connection, In> {
  onRead?(connection: Connection, message: In): unknown;
}

/** What the loop does with everything else. One object for all loops: the connection comes as an argument. */
export interface ReadEvents<Connection> {
  /** The input has ended and all of it was delivered: calls the hook and returns what it returned. */
  deliverEnd(connection: Connection): unknown;
  /** That, too, has settled: nothing more will ever be read. */
  ended(connection: Connection): void;
  /** A message was decoded from `bytes`; told only while somebody subscribes to that. */
  received(connection: Connection, message: unknown, bytes: Uint8Array): void;
  /** The first bytes have told the protocol: plugs its codec in. */
  chosen(connection: Connection, choice: SniffChoice): void;
  /** The stream cannot go on, or a hook failed. */
  fail(connection: Connection, error: WireError): void;
}

/**
 * Takes bytes in, and messages out to the hook, one at a time and in order: a hook that returns a promise holds the next message,
 * the end of the input and, once another chunk has come, the socket.
 *
 * Every condition is looked at again for each message, because a hook may swap the codec, pause, send, close or destroy.
 */
export class ReadLoop<Connection, In> {
  /** Has the hook that takes the messages. */
  #hooks: MessageHooks<Connection, In>;
  #transport: Transport;
  readonly #events: ReadEvents<Connection>;
  readonly #connection: Connection;
  readonly #reader = new ByteReader();
  #codec: Codec<In, never> | undefined = undefined;
  #consumer: Consumer<In> | undefined = undefined;
  #holds: number = Hold.Codec;
  /** Hooks that have not settled and hold reading until they do. */
  #holding = 0;
  /** How many consumers have let go of the hooks that were pending: those do not count any more when they settle. */
  #handovers = 0;
  #end: number = End.Open;
  #running = false;
  #stopped = false;
  #transportPaused = false;
  /** Messages since others last had their turn. */
  #turn = 0;
  /** Whether the socket was paused and is read again: it may have more by now. */
  resumed = false;
  /** Whether a read has found the end of what the kernel had; undefined where reads do not tell. */
  emptied: boolean | undefined;
  /** Called when the loop may have come to rest. */
  onRest: (() => void) | undefined = undefined;
  bytes = 0;
  messages = 0;
  /** How often something has stopped to hold reading. */
  releases = 0;

  constructor(
    transport: Transport,
    events: ReadEvents<Connection>,
    connection: Connection,
    hooks: MessageHooks<Connection, In>,
  ) {
    this.#hooks = hooks;
    this.#transport = transport;
    this.emptied = emptiedAtFirst(transport);
    this.#events = events;
    this.#connection = connection;
  }

  set codec(codec: Codec<In, never>) {
    this.#codec = codec;
    this.#reader.maxFrameLength = codec.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH;
    this.#reader.restart();
    this.#holds &= ~Hold.Codec;
    // What is left over is for the new one, now.
    if (!this.#running) queueMicrotask(() => this.#wake());
  }

  /** Reads from another stream from here on. */
  set transport(transport: Transport) {
    this.#transport = transport;
    this.#transportPaused = false;
    this.emptied = emptiedAtFirst(transport);
  }

  /** Takes the bytes back that no codec has consumed. */
  takeUnread(): Buffer {
    const reader = this.#reader;
    while (reader.fill());
    return reader.take(reader.length);
  }

  /** Whether something is being done about what was received. */
  get busy(): boolean {
    return this.#holding > 0 || this.#running || this.#consumer?.busy === true;
  }

  /** Whether all that was received and that anybody wants is handled: no hook is pending and no complete message waits. */
  get atRest(): boolean {
    const unread = this.#reader.buffered > 0 ? Hold.User | Hold.Consumer : 0;
    return !this.busy && (this.#holds & (Hold.Yield | Hold.Pressure | Hold.Tls | unread)) === 0;
  }

  /** Whether this side does not read at the moment. */
  get held(): boolean {
    return this.#holds !== 0;
  }

  /** Bytes that were received and are no message yet. */
  get unfinished(): number {
    return this.#reader.unfinished;
  }

  /** Grows with each frame that is complete, those included that the codec drops. */
  get frames(): number {
    return this.messages + this.#reader.dropped;
  }

  /** Whether part of a frame has come and the rest is waited for. */
  get insideFrame(): boolean {
    return this.#holds === 0 && !this.#stopped && this.#reader.insideFrame;
  }

  /** Whether the peer has ended and what came before that is still being handled. */
  get ending(): boolean {
    return !this.#stopped && this.#end !== End.Open && this.#end !== End.Done;
  }

  /** Whether the peer has ended and everything before that was handled. */
  get hasEnded(): boolean {
    return this.#end >= End.Told;
  }

  /** Stops reading for `reason`. The socket is paused only when it brings more bytes: most holds are over before. */
  hold(reason: number): void {
    this.#holds |= reason;
  }

  /** Ends a hold; when it was the last, the loop goes on in a microtask. */
  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    this.releases++;
    if (!this.#running) queueMicrotask(() => this.#wake());
  }

  /** Has a hook take the messages, instead of another hook or a consumer. */
  deliver(hooks: MessageHooks<Connection, In>): void {
    this.#consumer = undefined;
    this.#hooks = hooks;
    this.release(Hold.Consumer | Hold.Reader);
  }

  /** Has `consumer` take the messages; hooks that are pending do not hold reading for it. */
  consume(consumer: Consumer<In>): void {
    this.#consumer = consumer;
    this.#hooks = { onRead: (_, message) => consumer.receive(message) };
    this.#holding = 0;
    this.#handovers++;
    this.release(Hold.Hook | Hold.Reader);
  }

  /** Looks whether the loop has come to rest, after something outside of it has. */
  rest(): void {
    this.onRest?.();
  }

  /**
   * Holds reading until `result`, which hook `name` returned, has settled; a rejection fails the connection. Returns a promise of
   * that, which never rejects, or undefined when there is nothing to wait for.
   */
  settle(name: HookName, result: unknown, afterwards?: () => void): Promise<void> | undefined {
    if (!isThenable(result)) {
      afterwards?.();
      return undefined;
    }
    const handovers = this.#handovers;
    const holds = this.#consumer === undefined || name === 'onEnd';
    if (holds) {
      this.#holding++;
      this.#holds |= Hold.Hook;
    }
    const release = (): void => {
      // A consumer that came in the meantime has let go of it already, though another may have taken its place, or a hook.
      if (holds && handovers === this.#handovers) this.#release();
    };
    const settled = (): void => {
      afterwards?.();
      release();
    };
    const failed = (error: unknown): void => {
      this.#events.fail(this.#connection, hookError(name, error));
      release();
    };
    return Promise.resolve(result).then(settled, failed);
  }

  /** Takes a chunk from the socket. */
  receive(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (chunk.length < READ_SIZE && this.emptied === false) this.emptied = true;
    if (this.#stopped) return;
    this.#turn = 0;
    this.#reader.push(chunk);
    if (this.#holds !== 0) {
      this.#transportPaused = true;
      this.#transport.pause();
    } else {
      this.run();
    }
  }

  /** Takes the end of the input from the socket. */
  receiveEnd(): void {
    if (this.#end === End.Open) this.#end = End.Received;
    this.#wake();
  }

  /** Stops for good: what comes is dropped. */
  stop(): void {
    this.#stopped = true;
    this.#reader.clear();
    this.#resumeTransport();
  }

  /** Handles what there is, until a hold, the end of the complete messages, or the end of the turn. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    const reader = this.#reader;
    const events = this.#events;
    const lastByte = reader.position + BYTES_PER_TURN;
    const observed = channels.frameIn.hasSubscribers;
    try {
      while (this.#holds === 0 && !this.#stopped) {
        const message = decodeNext(this.#codec!, reader);
        if (message === undefined) {
          if (this.#codec instanceof Sniffer && this.#codec.choice !== undefined) {
            events.chosen(this.#connection, this.#codec.choice);
            continue;
          }
          if (this.#end === End.Open) reader.park();
          else if (this.#end !== End.Done) this.#finish();
          break;
        }
        this.messages++;
        if (observed) events.received(this.#connection, message, reader.consumed);
        const result = this.#hooks.onRead!(this.#connection, message);
        if (result !== undefined && isThenable(result)) void this.settle('onRead', result);
        if ((++this.#turn >= FRAMES_PER_TURN || reader.position >= lastByte) && reader.buffered > 0) this.#yield();
      }
    } catch (error) {
      events.fail(this.#connection, hookError('onRead', error));
    }
    this.#running = false;
    if (this.#holds === 0) this.#resumeTransport();
    this.onRest?.();
  }

  #finish(): void {
    const events = this.#events;
    if (this.#end === End.Received) {
      this.#end = End.Decoded;
      const reader = this.#reader;
      const last = decodeEnd(this.#codec!, reader);
      if (last !== undefined) {
        this.messages++;
        if (channels.frameIn.hasSubscribers) events.received(this.#connection, last, reader.consumed);
        void this.settle('onRead', this.#hooks.onRead!(this.#connection, last));
      }
    }
    if (this.#end === End.Decoded && this.#holds === 0) {
      this.#end = End.Told;
      void this.settle('onEnd', events.deliverEnd(this.#connection));
    }
    if (this.#end === End.Told && this.#holds === 0) {
      this.#end = End.Done;
      events.ended(this.#connection);
    }
  }

  #release(): void {
    if (--this.#holding > 0) return;
    this.#holds &= ~Hold.Hook;
    this.releases++;
    this.#wake();
  }

  #yield(): void {
    this.#holds |= Hold.Yield;
    setImmediate(() => {
      this.#turn = 0;
      this.#holds &= ~Hold.Yield;
      this.#wake();
    });
  }

  /** Goes on if nothing holds any more. */
  #wake(): void {
    // Whoever takes no messages has none to miss.
    if (this.#end !== End.Open && this.#reader.buffered === 0) this.#holds &= ~Hold.Reader;
    if (this.#holds === 0) this.run();
    else this.onRest?.();
  }

  #resumeTransport(): void {
    if (!this.#transportPaused) return;
    this.#transportPaused = false;
    this.resumed = true;
    this.#transport.resume();
  }
}

/** What {@link ReadLoop.emptied} is before anything was read. */
function emptiedAtFirst(transport: Transport): boolean | undefined {
  return isPlainSocket(transport) ? false : undefined;
}
