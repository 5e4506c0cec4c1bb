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
} from '@wirewright/core/codec';

import { codeLength, writeCode } from './code-field.ts';
import { describeRequest, describeResponse } from './describe.ts';
import { encodeFields } from './encode-fields.ts';
import { maxFrameLengthOf, type QuasizeroOptions } from './options.ts';
import { readMessage } from './read-message.ts';
import { Request, type RequestFields } from './request.ts';
import { Response } from './response.ts';

/**
 * The codec of a client: it sends requests and receives responses.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function quasizeroClient(options: QuasizeroOptions = {}): CodecFactory<Response, RequestFields> {
  const maxFrameLength = maxFrameLengthOf('quasizeroClient()', options);
  return () => new QuasizeroClientCodec(maxFrameLength);
}

class QuasizeroClientCodec implements Codec<Response, RequestFields> {
  readonly maxFrameLength: number;

  constructor(maxFrameLength: number) {
    this.maxFrameLength = maxFrameLength;
  }

  decode(input: ByteReader): Response | undefined {
    const length = takeVarintPrefix(input, this.maxFrameLength);
    if (length === undefined) return undefined;
    const response = new Response();
    readMessage(response, input, length);
    return response;
  }

  encode(request: RequestFields, output: ByteWriter): void {
    const { code } = request;
    const received = request instanceof Request;
    // Its payload and metadata are accessors, which a spread does not copy.
    if (!received && 'entries' in request) {
      throw new TypeError('a copy of a request lacks its payload and metadata: name them, { code, metadata, payload }');
    }
    const metadata = received ? request.ownMap() : request.metadata;
    const payload = received ? request.body : request.payload;
    encodeFields(output, code, codeLength(code), writeCode, metadata, payload, this.maxFrameLength);
  }

  describe(message: Response | RequestFields): Description {
    return message instanceof Response ? describeResponse(message) : describeRequest(message);
  }
}
