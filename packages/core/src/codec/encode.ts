import type { Buffer } from 'node:buffer';

import { ByteWriter } from './byte-writer.ts';
import type { Codec } from './codec.ts';
import { EncodeError } from './errors.ts';

/**
 * Encodes into `writer`, from {@link ByteWriter.begin} on; a throw takes back all that the codec had written.
 *
 * @throws {EncodeError} with what the codec threw as `cause`
 */
export function encodeInto<Out>(codec: Codec<unknown, Out>, message: Out, writer: ByteWriter): void {
  writer.begin();
  try {
    codec.encode(message, writer);
  } catch (error) {
    writer.rollback();
    throw new EncodeError(error);
  }
}

/**
 * One message as bytes, without a connection.
 *
 * @throws {EncodeError} with what the codec threw as `cause`
 */
export function encodeMessage<Out>(codec: Codec<unknown, Out>, message: Out): Buffer {
  const writer = new ByteWriter(1024);
  encodeInto(codec, message, writer);
  return writer.takeBytes();
}
