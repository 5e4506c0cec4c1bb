import type { ByteWriter } from '@wirewright/core/codec';

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
  output.u32(readUint32(source, start));
  output.u32(readUint32(source, start + 4));
  output.u32(readUint32(source, start + 8));
  output.u32(newOpaque);
  output.u32(readUint32(source, start + 16));
  output.u32(readUint32(source, start + 20));
  if (end > start + HEADER) output.range(source, start + HEADER, end);
}

/**
 * Appends a header. The lengths must have been checked.
 *
 * @param specific status or vbucket
 * @throws {RangeError} a number is out of its range
 */
export function writeHeader(
  output: ByteWriter,
  magic: number,
  opcode: number,
  specific: number,
  extrasLength: number,
  keyLength: number,
  bodyLength: number,
  opaque: number,
  cas: Cas,
): void {
  if ((opcode & 0xff) !== opcode) throw new RangeError(`an opcode is a number from 0 to 255, not ${opcode}`);
  if ((specific & 0xffff) !== specific) throw new RangeError(`status and vbucket are at most 65535, not ${specific}`);
  checkUint32(opaque, 'opaque');
  output.u32((magic << 24) | (opcode << 16) | keyLength);
  output.u32((extrasLength << 24) | specific);
  output.u32(bodyLength);
  output.u32(opaque);
  if (cas === 0) {
    output.u32(0);
    output.u32(0);
  } else if (typeof cas === 'object') {
    output.u32(checkUint32(cas.casHigh, 'casHigh'));
    output.u32(checkUint32(cas.casLow, 'casLow'));
  } else {
    writeUint64(output, cas, 'cas');
  }
}

/** @throws {RangeError} `value` is no unsigned integer of 32 bits */
export function checkUint32(value: number, what: string): number {
  if (value >>> 0 !== value) throw new RangeError(`${what} must be an unsigned 32-bit integer, not ${value}`);
  return value;
}
/** @throws {RangeError} there is no frame with such lengths */
export function checkFrame(extrasLength: number, keyLength: number): void {
  if (extrasLength > 0xff) throw new RangeError(`a frame has at most 255 bytes of extras, not ${extrasLength}`);
  if (keyLength > 0xffff) throw new RangeError(`a frame has a key of at most 65535 bytes, not ${keyLength}`);
}
