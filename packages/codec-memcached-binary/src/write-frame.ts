import { bodyLength, type ByteWriter, type FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import type { Frame } from './frame.ts';
import { HEADER } from './options.ts';
import { readUint32, writeUint64 } from './uint64.ts';

/** The first byte of a frame. */
export const Magic = { Request: 0x80, Response: 0x81 } as const;

/** Appends a frame as it was received, but for its opaque, if that was set. */
export function writeReceived(output: ByteWriter, frame: Frame): void {
  if (frame.tooLarge) throw new TypeError('a frame that was too large cannot be sent on: its value was skipped');
  const { source, start, end, newOpaque } = frame;
  if (newOpaque < 0) {
    output.range(source, start, end);
    return;
  }
  output.u32s(
    readUint32(source, start),
    readUint32(source, start + 4),
    readUint32(source, start + 8),
    newOpaque,
    readUint32(source, start + 16),
    readUint32(source, start + 20),
  );
  if (end > start + HEADER) output.range(source, start + HEADER, end);
}

/** @throws {RangeError} one of them is out of its range */
export function refuseHeader(opcode: number, specific: number, opaque: number): never {
  if ((opcode & 0xff) !== opcode) throw new RangeError(`an opcode is a number from 0 to 255, not ${opcode}`);
  if ((specific & 0xffff) !== specific) throw new RangeError(`status and vbucket are at most 65535, not ${specific}`);
  throw new RangeError(`opaque must be an unsigned 32-bit integer, not ${opaque}`);
}

/**
 * Appends a header with a cas: two words of which the parts have been checked, and the rest.
 *
 * @throws {RangeError} the cas is no unsigned integer of 64 bits
 */
export function writeHeader(
  output: ByteWriter,
  first: number,
  second: number,
  length: number,
  opaque: number,
  cas: Cas,
): void {
  if (typeof cas === 'object') {
    const high = checkUint32(cas.casHigh, 'casHigh');
    output.u32s(first, second, length, opaque, high, checkUint32(cas.casLow, 'casLow'));
  } else {
    output.u32(first);
    output.u32(second);
    output.u32(length);
    output.u32(opaque);
    writeUint64(output, cas, 'cas');
  }
}

/**
 * Appends the key, and a value that is text, as utf-8. Returns whether the length of a text in bytes may be another than its length: lengths are to
 * be corrected then.
 *
 * @param at what `output.mark()` returns in front of the key
 */
export function writeTexts(
  output: ByteWriter,
  at: number,
  key: FrameBody | undefined,
  value: FrameBody | undefined,
): boolean {
  if (typeof key === 'string') {
    output.utf8(key);
    at += key.length;
  } else if (key !== undefined) {
    output.bytes(key);
    if (typeof value !== 'string') return false;
    // Bytes by reference do not count.
    at = output.mark();
  }
  if (typeof value === 'string') {
    output.utf8(value);
    at += value.length;
  }
  return output.mark() !== at;
}

/** How many bytes a key or value takes. */
export function lengthOf(body: FrameBody | undefined): number {
  return body === undefined ? 0 : bodyLength(body, 'utf8');
}

/** Corrects the lengths in the header at `start`. */
export function patchLengths(output: ByteWriter, start: number, keyLength: number, length: number): void {
  output.patch(start + 2, keyLength, 2);
  output.patch(start + 8, length, 4);
}

/** @throws {RangeError} `value` is no unsigned integer of 32 bits */
export function checkUint32(value: number, what: string): number {
  if (value >>> 0 !== value) refuseUint32(value, what);
  return value;
}

/** Apart, so that the check is short enough to be compiled into its callers. */
function refuseUint32(value: number, what: string): never {
  throw new RangeError(`${what} must be an unsigned 32-bit integer, not ${value}`);
}

/** @throws {RangeError} there is no frame with such lengths */
export function checkFrame(extrasLength: number, keyLength: number): void {
  if (extrasLength > 0xff) throw new RangeError(`a frame has at most 255 bytes of extras, not ${extrasLength}`);
  if (keyLength > 0xffff) throw new RangeError(`a frame has a key of at most 65535 bytes, not ${keyLength}`);
}
