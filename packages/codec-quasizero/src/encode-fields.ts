import { bodyLength, type ByteWriter, type FrameBody, FrameTooLargeError, writeBody } from '@wirewright/core/codec';

import { type Entries, entriesLength, entriesOf, type Metadata, writeEntries } from './metadata.ts';
import { Tag } from './tags.ts';
import { varintLength } from './varint-length.ts';

/**
 * Appends a frame straight to the batch. Fields that have their default are left out, and the others come in the order of their
 * numbers, as the Go original writes them.
 *
 * @param firstLength bytes that `writeFirst` writes: field 1
 * @throws {FrameTooLargeError} the message is longer than `maxFrameLength`
 */
export function encodeFields<First>(
  output: ByteWriter,
  first: First,
  firstLength: number,
  writeFirst: (output: ByteWriter, first: First) => void,
  metadata: Metadata | undefined,
  payload: FrameBody | undefined,
  maxFrameLength: number,
): void {
  const entries: Entries | undefined = metadata === undefined ? undefined : entriesOf(metadata);
  const payloadLength = payload === undefined ? 0 : bodyLength(payload, 'utf8');
  let length = firstLength;
  if (entries !== undefined) length += entriesLength(entries);
  if (payloadLength > 0) length += 1 + varintLength(payloadLength) + payloadLength;
  if (length > maxFrameLength) throw new FrameTooLargeError(length, maxFrameLength);
  output.varint(length);
  if (firstLength > 0) writeFirst(output, first);
  if (entries !== undefined) writeEntries(output, entries);
  if (payloadLength > 0) {
    output.u8(Tag.Payload);
    output.varint(payloadLength);
    writeBody(output, payload!, 'utf8');
  }
}
