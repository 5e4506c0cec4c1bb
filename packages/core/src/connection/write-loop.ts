import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import { ByteWriter, SLAB_SIZE } from '../codec/byte-writer.ts';
import type { Codec } from '../codec/codec.ts';
import { encodeInto } from '../codec/encode.ts';
import { flushScheduler } from './flush-scheduler.ts';
import type { Transport } from './transport.ts';

/** The slab that all connections of the process encode into. */
const sharedWriter = new ByteWriter();
let encoding = false;

/** Above and below how many unsent bytes a sender is told to wait and to go on. */
export interface WaterMarks {
  readonly low: number;
  readonly high: number;
}

/**
 * Gathers what is sent on one connection and hands it to the socket in one write per turn of the event loop.
 *
 * ```text
 *   segments  [ sealed region | payload by reference | sealed region ... ]     only when a message brought a large payload
 *   region                              [ start ... end )                       of the shared slab, still growing
 * ```
 */
export class WriteLoop<Connection> {
  readonly #transport: Transport;
  readonly #marks: WaterMarks;
  readonly #onPressure: (connection: Connection, high: boolean) => void;
  readonly #connection: Connection;
  /** Whether the bytes of a write that has completed are read by nobody any more. */
  readonly #releases: boolean;
  #slab: Buffer | undefined = undefined;
  #start = 0;
  #end = 0;
  #segments: Uint8Array[] | undefined = undefined;
  #size = 0;
  #scheduled = false;
  #turn = false;
  #closed = false;
  #high = false;
  #awaited = false;
  #onWritten: (() => void) | undefined = undefined;
  /** Bytes handed to the socket. */
  bytes = 0;
  /** Messages encoded. */
  messages = 0;

  /** @param onPressure is told when unsent bytes rise over the high-water mark, and when they are below the low one again */
  constructor(
    transport: Transport,
    marks: WaterMarks,
    onPressure: (connection: Connection, high: boolean) => void,
    connection: Connection,
  ) {
    this.#transport = transport;
    this.#marks = marks;
    this.#onPressure = onPressure;
    this.#connection = connection;
    this.#releases = ownsNoBytes(transport);
  }

  /** Bytes that were sent and have not left the process. */
  get buffered(): number {
    return this.#size + this.#transport.writableLength;
  }

  /**
   * Encodes a message; it leaves with the turn. Returns whether the sender may go on: false above the high-water mark.
   *
   * @throws {EncodeError} the codec could not; nothing of the message is sent
   */
  send<Out>(codec: Codec<unknown, Out>, message: Out): boolean {
    if (encoding) {
      // A codec whose encode sends, on whatever connection: rare, and the shared slab is taken.
      this.#encode(codec, message, new ByteWriter());
    } else {
      encoding = true;
      try {
        this.#encode(codec, message, sharedWriter);
      } finally {
        encoding = false;
      }
    }
    if (this.#size >= SLAB_SIZE) {
      this.flush();
    } else if (!this.#turn && !this.#scheduled && this.#size > 0) {
      this.#scheduled = true;
      flushScheduler.schedule(this);
    }
    if (this.buffered <= this.#marks.high) return true;
    this.#awaited = true;
    return false;
  }

  /** Has `onPressure` called when the unsent bytes are below the low-water mark, though nobody was told to wait. */
  watch(): void {
    this.#awaited = true;
  }

  /** A read turn begins: what is sent in it leaves at its end. */
  beginReadTurn(): void {
    this.#turn = true;
  }

  endReadTurn(): void {
    this.#turn = false;
    if (this.#size > 0 && !this.#scheduled) this.#scheduled = flushScheduler.endOfReadTurn(this);
  }

  /** Hands all that was sent to the socket. */
  flush(): void {
    this.#scheduled = false;
    const size = this.#size;
    if (size === 0) return;
    const transport = this.#transport;
    const watched = size + transport.writableLength > this.#marks.low;
    const written = watched ? (this.#onWritten ??= () => this.#check()) : undefined;
    this.#size = 0;
    this.bytes += size;
    if (this.#segments === undefined) {
      const slab = this.#slab!;
      this.#slab = undefined;
      transport.write(slab.subarray(this.#start, this.#end), written);
      sharedWriter.release(slab, this.#end, this.#releases && transport.writableLength === 0);
    } else {
      this.#seal();
      const segments = this.#segments;
      this.#segments = undefined;
      transport.cork();
      const last = segments.length - 1;
      for (let i = 0; i <= last; i++) transport.write(segments[i]!, i === last ? written : undefined);
      transport.uncork();
    }
    if (watched && !this.#high && transport.writableLength > this.#marks.high) {
      this.#high = true;
      this.#onPressure(this.#connection, true);
    }
  }

  /** Drops what was not handed to the socket yet; nothing is written from here on. */
  close(): void {
    this.#closed = true;
    if (this.#slab !== undefined) sharedWriter.release(this.#slab, this.#end, true);
    this.#slab = undefined;
    this.#segments = undefined;
    this.#size = 0;
  }

  #encode<Out>(codec: Codec<unknown, Out>, message: Out, writer: ByteWriter): void {
    encodeInto(codec, message, writer);
    this.messages++;
    const { references } = writer;
    if (references === undefined) {
      this.#addRegion(writer, writer.start, writer.position);
      return;
    }
    // Held as a whole, so that sealing its first regions does not free the rest.
    const { slab, position } = writer;
    writer.hold();
    let from = writer.start;
    for (const { at, bytes } of references) {
      const end = writer.start + at;
      this.#addRegion(writer, from, end);
      this.#seal();
      (this.#segments ??= []).push(bytes);
      this.#size += bytes.length;
      from = end;
    }
    this.#addRegion(writer, from, position);
    writer.release(slab, position, true);
  }

  #addRegion(writer: ByteWriter, start: number, end: number): void {
    if (start === end) return;
    this.#size += end - start;
    if (this.#slab === writer.slab && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#seal();
    this.#slab = writer.slab;
    this.#start = start;
    this.#end = end;
    if (writer === sharedWriter) writer.hold();
  }

  /** Ends the growing region, so that something may follow it which does not lie behind it in the slab. */
  #seal(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    (this.#segments ??= []).push(slab.subarray(this.#start, this.#end));
    this.#slab = undefined;
    sharedWriter.release(slab, this.#end, false);
  }

  #check(): void {
    if (this.#closed || this.buffered > this.#marks.low) return;
    if (!this.#high && !this.#awaited) return;
    this.#high = false;
    this.#awaited = false;
    this.#onPressure(this.#connection, false);
  }
}

/**
 * Sockets have handed their bytes to the kernel, or encrypted them, when nothing is left to write. Any other stream may have passed
 * them on to a reader in this process.
 */
function ownsNoBytes(transport: Transport): boolean {
  const prototype: unknown = Object.getPrototypeOf(transport);
  return prototype === Socket.prototype || prototype === TLSSocket.prototype;
}
