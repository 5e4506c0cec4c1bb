import type { Batch } from '../codec/batch.ts';
import { ByteWriter } from '../codec/byte-writer.ts';
import type { Codec } from '../codec/codec.ts';
import { encodeInto } from '../codec/encode.ts';
import { WireError } from '../codec/errors.ts';
import { SLAB_SIZE } from '../codec/slab.ts';
import { channels } from './channels.ts';
import { flushScheduler } from './flush-scheduler.ts';
import { isPlainSocket, isTlsSocket, type Transport } from './transport.ts';

/** Above and below how many unsent bytes a sender is told to wait and to go on. */
export interface WaterMarks {
  readonly low: number;
  readonly high: number;
}

/** What the loop tells. One object for all loops: the connection comes as an argument. */
export interface WriteEvents<Connection> {
  /** Unsent bytes have risen over the high-water mark, or fallen below the low one again. */
  pressure(connection: Connection, high: boolean): void;
  /** A message was encoded to `bytes`; told only while somebody subscribes to that. */
  sent(connection: Connection, message: unknown, bytes: Uint8Array): void;
  /** More is unsent than may be, and more is sent. */
  overflow(connection: Connection, unsent: number): void;
}

/** With less room than this for the next batch the ones that wait are written first. */
const MIN_ROOM = 8 * 1024;

/** Up to so many bytes that were sent before another connection had the writer are copied rather than written as a piece of their own. */
const MAX_REJOINED = 1024;

/** What all connections of the process encode into, and the one whose batch is in it now. */
const writer = new ByteWriter();
let owner: { surrender(): void } | undefined;
/** Whether a codec encodes right now. */
let encoding = false;

/** The writer holds half a message then: whatever touches it would send that half, or another connection's bytes. */
export function checkNotEncoding(): void {
  if (encoding) throw new WireError('WIRE_ENCODE_FAILED', 'a codec must not send, flush or close while it encodes');
}

function encode<Out>(codec: Codec<unknown, Out>, message: Out): void {
  encoding = true;
  try {
    encodeInto(codec, message, writer);
  } finally {
    encoding = false;
  }
}

function surrenderOwner(): void {
  owner?.surrender();
  owner = undefined;
}

/** Writes the batches that wait: that keeps to this slab, which is in the cache, instead of filling another. */
function makeRoom(): void {
  flushScheduler.flush();
  // What was written may have called hooks, and those may have sent.
  surrenderOwner();
  if (writer.room < MIN_ROOM) writer.refill();
}

/**
 * Gathers what is sent on one connection and hands it to the socket in one write per turn of the event loop.
 *
 * While nobody else sends, the batch stays in the shared writer; when somebody does, it is taken out and waits as segments.
 */
export class WriteLoop<Connection> {
  #transport: Transport;
  readonly #marks: WaterMarks;
  readonly #events: WriteEvents<Connection>;
  readonly #connection: Connection;
  /**
   * Whether nobody reads the bytes of a write that has completed. A plain socket has handed them to the kernel when nothing is left to write;
   * a stream that is no socket may have passed them on to a reader in this process.
   */
  #releases: boolean;
  /** Whether nobody reads them from when the stream has begun with the write, either: it has encrypted or, while hands are shaken, copied them. */
  #encrypts: boolean;
  /** The batch that had to leave the writer, and those that did after it, if there are any. */
  #surrendered: Batch | undefined = undefined;
  #more: Batch[] | undefined = undefined;
  #surrenderedSize = 0;
  /** Whether the socket may still have bytes of the last write: asking it for every message would cost more than this. */
  #unsent = false;
  #scheduled = false;
  #held = false;
  #turn = false;
  #closed = false;
  #high = false;
  #awaited = false;
  #onWritten: (() => void) | undefined = undefined;
  /** Bytes handed to the socket. */
  bytes = 0;
  /** Messages encoded. */
  messages = 0;

  /** Unsent bytes beyond which nothing more is taken. */
  limit: number = Infinity;

  constructor(transport: Transport, marks: WaterMarks, events: WriteEvents<Connection>, connection: Connection) {
    this.#transport = transport;
    this.#marks = marks;
    this.#events = events;
    this.#connection = connection;
    this.#encrypts = isTlsSocket(transport);
    this.#releases = this.#encrypts || isPlainSocket(transport);
  }

  /** Whether nothing is handed to the socket for the time being. */
  get held(): boolean {
    return this.#held;
  }

  /** Keeps what is sent from here on to itself. */
  hold(): void {
    this.#held = true;
  }

  /** Hands what was sent meanwhile to `transport`, and everything from here on. */
  release(transport: Transport): void {
    this.#transport = transport;
    this.#encrypts = isTlsSocket(transport);
    this.#releases = this.#encrypts || isPlainSocket(transport);
    this.#unsent = transport.writableLength > 0;
    this.#held = false;
    this.flush();
  }

  /** Bytes that were sent and have not left the process. */
  get buffered(): number {
    if (!this.#unsent) return this.#pending;
    const { writableLength } = this.#transport;
    if (writableLength === 0) this.#unsent = false;
    return this.#pending + writableLength;
  }

  /** Those of them that were handed to the socket. */
  get offered(): number {
    return this.#transport.writableLength;
  }

  /**
   * Encodes a message; it leaves with the turn. Returns whether the sender may go on: false above the high-water mark, and when the
   * message was not taken because too much is unsent.
   *
   * @throws {EncodeError} the codec could not; nothing of the message is sent
   */
  send<Out>(codec: Codec<unknown, Out>, message: Out): boolean {
    // What is rare is elsewhere: as long as this is short, it is compiled into whoever sends.
    if (encoding) checkNotEncoding();
    if (this.#unsent && this.buffered > this.limit) {
      this.#events.overflow(this.#connection, this.buffered);
      return false;
    }
    if (owner !== this) this.#own();
    if (channels.frameOut.hasSubscribers) {
      this.#encodeSeen(codec, message);
    } else {
      encode(codec, message);
      this.messages++;
    }
    const pending = this.#surrenderedSize + writer.size;
    if (this.#turn && !this.#unsent && pending <= this.#marks.high && pending < SLAB_SIZE) return true;
    return this.#sent(pending);
  }

  /** Has the writer to itself from here on. */
  #own(): void {
    surrenderOwner();
    if (writer.room < MIN_ROOM) makeRoom();
    // oxlint-disable-next-line typescript/no-this-alias -- this is the point
    owner = this;
    this.#rejoin();
  }

  /** Copies what was surrendered in front of what is sent now, when it is little: to write two pieces takes longer than that. */
  #rejoin(): void {
    const batch = this.#surrendered;
    if (batch === undefined || batch.size > MAX_REJOINED || this.#more !== undefined) return;
    const { segments, size } = batch;
    if (Array.isArray(segments)) return;
    writer.copy(segments, 0, size);
    writer.giveBack(batch, true);
    this.#surrendered = undefined;
    this.#surrenderedSize = 0;
  }

  #encodeSeen<Out>(codec: Codec<unknown, Out>, message: Out): void {
    const before = writer.length;
    encode(codec, message);
    this.messages++;
    this.#events.sent(this.#connection, message, writer.last(writer.length - before));
  }

  /** Has what is pending leave in time. Returns whether the sender may go on. */
  #sent(pending: number): boolean {
    if (this.#held && pending > this.limit) this.#events.overflow(this.#connection, pending);
    if (pending >= SLAB_SIZE) {
      this.flush();
    } else {
      if (!this.#turn && !this.#scheduled && pending > 0) {
        this.#scheduled = true;
        flushScheduler.schedule(this);
      }
      if (pending <= this.#marks.high && !this.#unsent) return true;
    }
    if (this.buffered <= this.#marks.high) return true;
    this.#awaited = true;
    return false;
  }

  /** Grows as bytes leave the process: within a large write, too, where the socket tells. */
  get progress(): number {
    const { writableLength, _handle: handle } = this.#transport;
    const { _parent: underneath = handle } = handle ?? {};
    return this.bytes - writableLength - (underneath?.writeQueueSize ?? 0);
  }

  /** Has `pressure` told when the unsent bytes are below the low-water mark, though nobody was told to wait. */
  watch(): void {
    this.#awaited = true;
  }

  /** A read turn begins: what is sent in it leaves at its end. */
  beginReadTurn(): void {
    this.#turn = true;
  }

  endReadTurn(): void {
    // A turn that resumes callers, who send after it, has not begun here.
    if (!this.#turn) return;
    this.#turn = false;
    if (!this.#scheduled && this.#pending > 0) this.#scheduled = flushScheduler.endOfReadTurn(this);
    else flushScheduler.endOfSilentTurn();
  }

  /** Hands all that was sent to the socket, in one write. */
  flush(): void {
    checkNotEncoding();
    this.#scheduled = false;
    if (this.#held) return;
    const before = this.#surrendered;
    const last = owner === this ? writer.take() : undefined;
    if (last !== undefined) owner = undefined;
    const batch = before ?? last;
    if (batch === undefined) return;
    this.#surrendered = undefined;
    this.#surrenderedSize = 0;
    if (this.#more === undefined && (before === undefined || last === undefined)) {
      writer.giveBack(batch, this.#write(batch.segments, batch.size));
    } else {
      this.#writeAll([batch, ...(this.#more ?? []), ...(before === undefined || last === undefined ? [] : [last])]);
    }
    this.#watchPressure();
  }

  /** Lets another connection use the writer. */
  surrender(): void {
    const batch = writer.take();
    this.#surrenderedSize += batch.size;
    if (this.#surrendered === undefined) this.#surrendered = batch;
    else (this.#more ??= []).push(batch);
  }

  /** Drops what was not handed to the socket yet; nothing is written from here on. */
  close(): void {
    checkNotEncoding();
    this.#closed = true;
    if (owner === this) {
      owner = undefined;
      writer.giveBack(writer.take(), true);
    }
    if (this.#surrendered !== undefined) writer.giveBack(this.#surrendered, true);
    for (const batch of this.#more ?? []) writer.giveBack(batch, true);
    this.#surrendered = undefined;
    this.#more = undefined;
    this.#surrenderedSize = 0;
  }

  get #pending(): number {
    return owner === this ? this.#surrenderedSize + writer.size : this.#surrenderedSize;
  }

  /** Returns whether nobody reads the bytes any more. */
  #write(segments: Uint8Array | Uint8Array[], size: number): boolean {
    if (size === 0) return true;
    const transport = this.#transport;
    const before = transport.writableLength;
    // Most writes are over when they return; only one that may take long is worth a callback.
    const watched = this.#awaited || this.#high || size + before > this.#marks.low;
    const written = watched ? (this.#onWritten ??= () => this.#check()) : undefined;
    this.bytes += size;
    try {
      if (Array.isArray(segments)) {
        transport.cork();
        const last = segments.length - 1;
        for (let i = 0; i <= last; i++) transport.write(segments[i]!, i === last ? written : undefined);
        transport.uncork();
      } else {
        transport.write(segments, written);
      }
    } catch (error) {
      // A stream that throws in `_write`: its own fault, and nobody else's.
      transport.destroy(error as Error);
    }
    this.#unsent = transport.writableLength > 0;
    if (!this.#unsent) return this.#releases;
    // Completion is told later, but with nothing before it in the stream the write has begun, unless the stream holds writes back.
    return this.#encrypts && before === 0 && transport.connecting === false && transport.writableCorked === 0;
  }

  #writeAll(batches: readonly Batch[]): void {
    this.#more = undefined;
    const free = this.#write(
      batches.flatMap(({ segments }) => segments),
      batches.reduce((sum, { size }) => sum + size, 0),
    );
    for (const batch of batches) writer.giveBack(batch, free);
  }

  #watchPressure(): void {
    if (!this.#unsent || this.#high || this.#transport.writableLength <= this.#marks.high) return;
    this.#high = true;
    this.#events.pressure(this.#connection, true);
  }

  #check(): void {
    if (this.#closed || this.buffered > this.#marks.low) return;
    if (!this.#high && !this.#awaited) return;
    this.#high = false;
    this.#awaited = false;
    this.#events.pressure(this.#connection, false);
  }
}
