/*
 * A protobuf message behind its length; messages.proto has the fields, each behind its tag.
 *
 *   +---------------------+----------------------------------------------------------------------+
 *   | varint, 1..10 bytes |   Request or Response, 0 .. 16 MiB                                   |
 *   +---------------------+----------------------------------------------------------------------+
 *   Request     | 08 | code, varint             | 12 | entry | 12 | entry | ... | 1a | length | payload |
 *   Response    | 0a | length | error message   | 12 | entry | 12 | entry | ... | 1a | length | payload |
 *   entry       | length | 0a | length | key    | 12 | length | value |
 *
 * Fields that are 0 or empty are left out; they may come in any order.
 */
import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  type Description,
  takeVarintPrefix,
  utf8Length,
} from '@wirewright/core/codec';

import { describeRequest, describeResponse } from './describe.ts';
import { encodeFields } from './encode-fields.ts';
import { maxFrameLengthOf, type QuasizeroOptions } from './options.ts';
import { readMessage } from './read-message.ts';
import { Request } from './request.ts';
import type { Response } from './response.ts';
import { Tag } from './tags.ts';
import { varintLength } from './varint-length.ts';

/**
 * The codec of a server: it receives requests and sends responses.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function quasizeroServer(options: QuasizeroOptions = {}): CodecFactory<Request, Response> {
  const maxFrameLength = maxFrameLengthOf('quasizeroServer()', options);
  return () => new QuasizeroServerCodec(maxFrameLength);
}

class QuasizeroServerCodec implements Codec<Request, Response> {
  readonly maxFrameLength: number;

  constructor(maxFrameLength: number) {
    this.maxFrameLength = maxFrameLength;
  }

  decode(input: ByteReader): Request | undefined {
    const length = takeVarintPrefix(input, this.maxFrameLength);
    if (length === undefined) return undefined;
    const request = new Request();
    readMessage(request, input, length);
    return request;
  }

  encode(response: Response, output: ByteWriter): void {
    const { errorMessage } = response;
    const firstLength = errorLength(errorMessage);
    encodeFields(output, errorMessage, firstLength, writeError, response.ownMap(), response.body, this.maxFrameLength);
  }

  describe(message: Request | Response): Description {
    return message instanceof Request ? describeRequest(message) : describeResponse(message);
  }
}

function errorLength(text: string): number {
  if (text === '') return 0;
  const length = utf8Length(text);
  return 1 + varintLength(length) + length;
}

function writeError(output: ByteWriter, text: string): void {
  output.u8(Tag.ErrorMessage);
  output.varint(utf8Length(text));
  output.utf8(text);
}
