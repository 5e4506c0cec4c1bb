import type { Buffer } from 'node:buffer';

import { bodyLength, ByteView, type ByteWriter, type FrameBody, FrameTooLargeError } from '@wirewright/core/codec';

import { HEADER } from './options.ts';
import type { PacketFields } from './packet-fields.ts';
import { ARGUMENTS, packetName, packetRules } from './packet-rules.ts';

/** Arguments up to so many characters are faster written by a loop than by a call into the runtime. */
const SHORT = 24;

/** So many short arguments at most are written in one go. */
const FEW = 4;

/** Up to so many bytes are copied: longer ones leave as they are. */
const COPIED = 1023;

/** Bytes that they take, the NULs between them included. */
const ROOM = HEADER + FEW * (SHORT + 1);

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const HEADER_LENGTH = HEADER;
const COUNTS = ARGUMENTS;

/**
 * Appends a packet with `magic` in front.
 *
 * @throws {RangeError} it has not the arguments of its type, or an argument but the last has a NUL in it
 * @throws {FrameTooLargeError} its body is over `maxFrameLength`: the peer would refuse it, so it is refused here, where it can be traced
 */
export function writePacket(output: ByteWriter, magic: number, fields: PacketFields, maxFrameLength: number): void {
  const { type, args, rest } = fields;
  const count = args.length;
  if (rest === undefined) {
    if (count !== COUNTS[type]) refuseArguments(fields);
    if (count === 0) {
      writeHeader(output, magic, type, 0);
      return;
    }
    if (count <= FEW && writeShort(output, magic, type, args)) return;
    if (count === 1) {
      const only = args[0]!;
      if (typeof only === 'string') {
        writeText(output, magic, type, only, maxFrameLength);
        return;
      }
      if (only instanceof Uint8Array && only.length <= COPIED && only.length <= maxFrameLength) {
        writeBytes(output, magic, type, only);
        return;
      }
    }
  } else if (!(count < COUNTS[type]!)) {
    refuseArguments(fields);
  }
  let length = rest === undefined ? count - 1 : count;
  for (let i = 0; i < count; i++) length += bodyLength(args[i]!, 'utf8');
  if (rest !== undefined) length += bodyLength(rest, 'utf8');
  if (length > maxFrameLength) throw new FrameTooLargeError(length, maxFrameLength);
  writeHeader(output, magic, type, length);
  for (let i = 0; i < count; i++) {
    const arg = args[i]!;
    if (i > 0) output.u8(0);
    if (i < count - 1 || rest !== undefined) refuseNul(type, arg);
    writeArgument(output, arg);
  }
  if (rest === undefined) return;
  if (count > 0) output.u8(0);
  writeArgument(output, rest);
}

function writeHeader(output: ByteWriter, magic: number, type: number, length: number): void {
  const start = output.reserve(HEADER_LENGTH);
  const { view } = output.target;
  view.setUint32(start, magic);
  view.setUint32(start + 4, type);
  view.setUint32(start + 8, length);
  output.filled(start + HEADER_LENGTH);
}

/**
 * Appends a packet of short ASCII texts: the header and all behind it in one go.
 *
 * @returns whether it did. Any other packet, and one with something wrong about it, is left alone
 */
function writeShort(output: ByteWriter, magic: number, type: number, args: readonly FrameBody[]): boolean {
  const count = args.length;
  for (let i = 0; i < count; i++) {
    const arg = args[i];
    if (typeof arg !== 'string' || arg.length > SHORT) return false;
  }
  const start = output.reserve(ROOM);
  const { bytes, view } = output.target;
  let at = start + HEADER_LENGTH;
  for (let i = 0; i < count; i++) {
    if (i > 0) bytes[at++] = 0;
    const arg = args[i] as string;
    if (!isPlain(bytes, at, arg)) return false;
    at += arg.length;
  }
  view.setUint32(start, magic);
  view.setUint32(start + 4, type);
  view.setUint32(start + 8, at - start - HEADER_LENGTH);
  output.filled(at);
  return true;
}

/** Appends a packet that is a text: nearly always ASCII, so it takes less time to correct its length when it is not than to count it first. */
function writeText(output: ByteWriter, magic: number, type: number, text: string, maxFrameLength: number): void {
  const start = output.mark();
  writeHeader(output, magic, type, text.length);
  output.utf8(text);
  const length = output.mark() - start - HEADER_LENGTH;
  if (length > maxFrameLength) throw new FrameTooLargeError(length, maxFrameLength);
  if (length !== text.length) output.patch(start + 8, length, 4);
}

/** Appends a packet that is a few bytes. */
function writeBytes(output: ByteWriter, magic: number, type: number, only: Uint8Array): void {
  const { length } = only;
  const start = output.reserve(HEADER_LENGTH + length);
  const { bytes, view } = output.target;
  view.setUint32(start, magic);
  view.setUint32(start + 4, type);
  view.setUint32(start + 8, length);
  bytes.set(only, start + HEADER_LENGTH);
  output.filled(start + HEADER_LENGTH + length);
}

/** Stores each character as a byte. Returns whether all are ASCII and none is a NUL. */
function isPlain(bytes: Buffer, at: number, text: string): boolean {
  let plain = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A NUL wraps around and is above, too.
    if ((code - 1) >>> 0 > 0x7e) plain = false;
    bytes[at + i] = code;
  }
  return plain;
}

function writeArgument(output: ByteWriter, arg: FrameBody): void {
  if (typeof arg === 'string') output.utf8(arg);
  else output.bytes(arg);
}

function refuseArguments({ type, args, rest }: PacketFields): never {
  const rule = packetRules[type];
  if (rule === undefined) throw new RangeError(`there is no packet of type ${type}`);
  const given = rest === undefined ? `${args.length}` : `${args.length} and the rest`;
  throw new RangeError(
    `${rule.name} takes ${rule.args.join(', ') || 'no arguments'}: ${rule.args.length}, not ${given}`,
  );
}

/** @throws {RangeError} there is a NUL in an argument that is not the last: it would end there */
function refuseNul(type: number, arg: FrameBody): void {
  const has = typeof arg === 'string' ? arg.includes('\0') : (arg instanceof ByteView ? arg.bytes : arg).includes(0);
  if (has) throw new RangeError(`there is a NUL in an argument of ${packetName(type)} that is not the last one`);
}
