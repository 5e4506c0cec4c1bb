import type { Buffer } from 'node:buffer';

import { bodyLength, type ByteWriter, type FrameBody, FrameTooLargeError, writeBody } from '@wirewright/core/codec';

import { storeCode } from './code-field.ts';
import { type Entries, entriesLength, entriesOf, type Metadata, writeEntries } from './metadata.ts';
import { gatherShort, MOST, storeShort } from './short-entries.ts';
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
  if (entries !== undefined && (firstLength === 0 || typeof first === 'number')) {
    const code = typeof first === 'number' ? first : 0;
    if (writeShort(output, code, firstLength, entries, payloadLength, maxFrameLength)) {
      if (payloadLength > 0) writeBody(output, payload!, 'utf8');
      return;
    }
  }
  let length = firstLength;
  if (entries !== undefined) length += entriesLength(entries);
  if (payloadLength > 0) length += payloadHead(payloadLength) + payloadLength;
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

/** Bytes in front of a payload: its tag and length. */
function payloadHead(length: number): number {
  return 1 + varintLength(length);
}

/** Room for short entries and all around them: two lengths, a code, and a tag. */
const ROOM = 5 + 11 + MOST + 1 + 5;

/**
 * Appends a frame up to its payload in one go, if its metadata is short ASCII.
 *
 * @returns whether it did. Any other one, and one with something wrong about it, is left alone
 */
function writeShort(
  output: ByteWriter,
  code: number,
  codeLength: number,
  entries: Entries,
  payloadLength: number,
  maxFrameLength: number,
): boolean {
  const entriesSize = gatherShort(entries);
  if (entriesSize < 0) return false;
  const head = payloadLength > 0 ? payloadHead(payloadLength) : 0;
  const length = codeLength + entriesSize + head + payloadLength;
  if (length > maxFrameLength) return false;
  const start = output.reserve(ROOM);
  const { bytes } = output.target;
  let at = storeCode(bytes, storeVarint(bytes, start, length), code);
  if (!storeShort(bytes, at)) return false;
  at += entriesSize;
  if (payloadLength > 0) {
    bytes[at] = Tag.Payload;
    at = storeVarint(bytes, at + 1, payloadLength);
  }
  output.filled(at);
  return true;
}

/** Stores a length as a varint. Returns where it ends. */
function storeVarint(bytes: Buffer, at: number, length: number): number {
  for (; length > 0x7f; length >>>= 7) bytes[at++] = (length & 0x7f) | 0x80;
  bytes[at++] = length;
  return at;
}
