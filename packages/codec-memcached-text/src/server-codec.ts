/*
 * Lines of tokens, some with a block of data behind it (memcached, doc/protocol.txt).
 *
 *   +------------------------------------------+----+  +---------------------+----+
 *   | set <key> <flags> <exptime> <bytes>      |\r\n|  | value, <bytes> long |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 *   | get <key> <key> ...                      |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 *   | ms <key> <bytes> <flag> <flag> ...       |\r\n|  | value, <bytes> long |\r\n|
 *   +------------------------------------------+----+  +---------------------+----+
 */
import {
  type ByteReader,
  type ByteView,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  ProtocolError,
} from '@wirewright/core/codec';

import { Answer, type Compat } from './answers.ts';
import { CR, CRLF, LF, SPACE } from './characters.ts';
import { describe } from './describe.ts';
import { ItemReplies, writeItemReplies } from './item-replies.ts';
import { ItemReply, writeItemReply } from './item-reply.ts';
import { line } from './line-scanner.ts';
import type { MetaRequest } from './meta-request.ts';
import { opOf } from './ops.ts';
import { type MemcachedTextServerOptions, serverOptions } from './options.ts';
import { PartialLine } from './partial-line.ts';
import { readPlain } from './read-plain.ts';
import { Block, readRequest } from './read-request.ts';
import { Reply } from './reply.ts';
import type { Request } from './request.ts';

/**
 * What a server sends: a line (`'STORED'`; text is written as latin1, and `\r\n` put behind it), bytes that are complete as they are, an item or
 * several, or a reply that was received from another server.
 */
export type ServerReply = string | Uint8Array | ByteView | ItemReply | ItemReplies | Reply;

/** Longest line in bytes (proto_text.c, try_read_command_ascii), and that of commands with many keys, which have no limit there. */
const MAX_LINE = 2048;
const MAX_GET_LINE = 1024 * 1024;

/** Spaces that may stand in front of a `get` that is longer than other lines may be (proto_text.c). */
const MAX_INDENT = 100;

/**
 * The codec of a server: it receives requests and sends replies. A line or block that is malformed is a request, too, with what
 * memcached answers in its `error`.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function memcachedTextServer(
  options: MemcachedTextServerOptions = {},
): CodecFactory<Request | MetaRequest, ServerReply> {
  const { maxItemSize, compat } = serverOptions(options);
  return () => new MemcachedTextServerCodec(maxItemSize, compat);
}

class MemcachedTextServerCodec implements Codec<Request | MetaRequest, ServerReply> {
  readonly maxFrameLength: number;
  readonly #compat: Compat;
  readonly #partial = new PartialLine();
  /** Bytes of a block that are still to be dropped, and the request that it belongs to. */
  #left = 0;
  #pending: Request | MetaRequest | undefined = undefined;

  constructor(maxItemSize: number, compat: Compat) {
    this.maxFrameLength = maxItemSize;
    this.#compat = compat;
  }

  decode(input: ByteReader): Request | MetaRequest | undefined {
    if (this.#left > 0) return this.#drop(input);
    if (!this.#partial.mayBeWhole(input)) return this.#incomplete(input);
    const { source, offset, length } = input;
    const plain = readPlain(source, offset, offset + length, this.maxFrameLength);
    if (plain !== undefined) {
      if (plain.valueStart > offset) return takeValue(plain, input, plain.valueEnd - plain.valueStart);
      input.skip(plain.end - offset);
      return plain;
    }
    const next = line.scan(source, offset, offset + length);
    if (next < 0) return this.#incomplete(input);
    const size = next - offset;
    if (size > MAX_LINE) checkLine(source, offset, size - 1);

    const request = readRequest(source, offset, next, this.maxFrameLength, this.#compat);
    const { value } = Block;
    if (value < 0) {
      input.skip(size);
      return request;
    }
    if (Block.drop) {
      input.skip(size);
      this.#left = value + 2;
      this.#pending = request.retain();
      return this.#drop(input);
    }
    request.valueStart = next;
    request.valueEnd = next + value;
    request.end = next + value + 2;
    return takeValue(request, input, value);
  }

  encode(reply: ServerReply, output: ByteWriter): void {
    if (typeof reply === 'string') output.latin1(reply, CRLF);
    else if (reply instanceof ItemReply) writeItemReply(reply, output);
    else if (reply instanceof ItemReplies) writeItemReplies(reply, output);
    else if (reply instanceof Reply) output.range(reply.source, reply.start, reply.end);
    else output.bytes(reply);
  }

  describe(message: Request | MetaRequest | ServerReply): string {
    return describe(message);
  }

  #drop(input: ByteReader): Request | MetaRequest | undefined {
    const n = Math.min(input.length, this.#left);
    input.skip(n);
    this.#left -= n;
    if (this.#left > 0) return input.midFrame();
    const request = this.#pending;
    this.#pending = undefined;
    return request;
  }

  #incomplete(input: ByteReader): undefined {
    if (input.length > MAX_LINE) checkLine(input.source, input.offset, input.length);
    return this.#partial.wait(input);
  }
}

/** Takes a request off the input of which only the line is known to be there: the value, `length` bytes long, may still be on its way. */
function takeValue<R extends Request | MetaRequest>(request: R, input: ByteReader, length: number): R | undefined {
  const { source, start, valueEnd, end } = request;
  const total = end - start;
  if (input.length < total) return input.need(total, total - length);
  input.skip(total);
  if (source[valueEnd] !== CR || source[valueEnd + 1] !== LF) request.error = Answer.BadChunk;
  return request;
}

/**
 * Refuses a line of more than {@link MAX_LINE} bytes, wherever it was cut. Only lists of keys may be longer.
 *
 * @throws {ProtocolError} it is too long
 */
function checkLine(source: Uint8Array, start: number, length: number): void {
  if (length <= MAX_LINE) return;
  let at = start;
  while (at < start + MAX_INDENT && source[at] === SPACE) at++;
  let end = at;
  while (end < at + 5 && source[end] !== SPACE) end++;
  const op = opOf(source, at, end);
  const limit = op === 'get' || op === 'gets' || op === 'gat' || op === 'gats' ? MAX_GET_LINE : MAX_LINE;
  if (length > limit) {
    throw new ProtocolError(`a line has more than ${limit} bytes: this is no memcached client`, {
      code: 'WIRE_FRAME_TOO_LARGE',
    });
  }
}
