/*
 * Lines of tokens, some with a block of data behind it (memcached, doc/protocol.txt).
 *
 *   +------------------------------------------+----+  +---------------------+----+
 *   | VALUE <key> <flags> <bytes> [<cas>]      |\r\n|  | value, <bytes> long |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 *   | END                                      |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 *   | VA <bytes> <flag> <flag> ...             |\r\n|  | value, <bytes> long |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 */
import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  FrameTooLargeError,
  ProtocolError,
} from '@wirewright/core/codec';

import { CR, LF } from './characters.ts';
import type { ClientRequest } from './client-request.ts';
import { describe } from './describe.ts';
import { line } from './line-scanner.ts';
import { clientOptions, type MemcachedTextClientOptions } from './options.ts';
import { PartialLine } from './partial-line.ts';
import { readReply, Value } from './read-reply.ts';
import type { Reply } from './reply.ts';
import { writeRequest } from './write-request.ts';

/** Longest line in bytes that a server may send; those of memcached have hardly more than a key. */
const MAX_REPLY_LINE = 16 * 1024;

/**
 * The codec of a client: it sends requests and receives replies, a value or a line at a time.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function memcachedTextClient(options: MemcachedTextClientOptions = {}): CodecFactory<Reply, ClientRequest> {
  const maxItemSize = clientOptions(options);
  return () => new MemcachedTextClientCodec(maxItemSize);
}

class MemcachedTextClientCodec implements Codec<Reply, ClientRequest> {
  readonly maxFrameLength: number;
  readonly #partial = new PartialLine();

  constructor(maxItemSize: number) {
    this.maxFrameLength = maxItemSize;
  }

  decode(input: ByteReader): Reply | undefined {
    if (!this.#partial.mayBeWhole(input)) return this.#incomplete(input);
    const { source, offset, length } = input;
    const next = line.scan(source, offset, offset + length);
    if (next < 0) return this.#incomplete(input);
    const size = next - offset;
    if (size - 1 > MAX_REPLY_LINE) tooLong();
    const reply = readReply(source, offset, next);
    const value = Value.length;
    if (value < 0) {
      input.skip(size);
      return reply;
    }
    if (value > this.maxFrameLength) throw new FrameTooLargeError(value, this.maxFrameLength);
    const total = size + value + 2;
    if (length < total) return input.need(total, total - value);
    const end = next + value;
    if (source[end] !== CR || source[end + 1] !== LF) {
      throw new ProtocolError(
        'a value does not end where its length says: there is no telling where the next reply begins',
      );
    }
    input.skip(total);
    reply.valueStart = next;
    reply.valueEnd = end;
    reply.end = end + 2;
    return reply;
  }

  encode(request: ClientRequest, output: ByteWriter): void {
    writeRequest(request, output);
  }

  describe(message: Reply | ClientRequest): string {
    return describe(message);
  }

  #incomplete(input: ByteReader): undefined {
    if (input.length > MAX_REPLY_LINE) tooLong();
    return this.#partial.wait(input);
  }
}

function tooLong(): never {
  throw new ProtocolError(`a line has more than ${MAX_REPLY_LINE} bytes: this is no memcached server`, {
    code: 'WIRE_FRAME_TOO_LARGE',
  });
}
