import type { Buffer } from 'node:buffer';

import type { ByteWriter, Slab } from '@wirewright/core/codec';

import { EXTRAS, Extras, RULES } from './opcode-rules.ts';
import { HEADER } from './options.ts';
import type { RequestFields } from './request.ts';
import { Magic } from './write-frame.ts';

/** Names and values up to so many characters are faster written by a loop than by a call into the runtime. */
const SHORT = 20;

/** Bytes that are stored at most: a character takes up to three as utf-8. */
const ROOM = HEADER + 8 + 3 * 2 * SHORT;

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const HEADER_LENGTH = HEADER;
const REQUEST = Magic.Request << 24;
const rulesOf = RULES;
const KIND = EXTRAS;
const STORE = Extras.Store;

/**
 * Appends a request that stores a short text under a short key, both of them most likely ASCII, and has no cas: the header and all behind it
 * in one go.
 *
 * @returns whether it did. Any other request, and one with something wrong about it, is left alone
 */
export function writeShort(request: RequestFields, output: ByteWriter): boolean {
  const { opcode, vbucket = 0, opaque = 0, cas = 0, key, value, flags = 0, exptime = 0, extras } = request;
  if (typeof key !== 'string' || typeof value !== 'string' || cas !== 0) return false;
  const keyLength = key.length;
  const valueLength = value.length;
  if (keyLength === 0 || keyLength > SHORT || valueLength > SHORT) return false;
  if ((opcode & 0xff) !== opcode || (vbucket & 0xffff) !== vbucket || opaque >>> 0 !== opaque) return false;

  let extrasLength = 8;
  if (extras === undefined) {
    if ((rulesOf[opcode]! & KIND) !== STORE || flags >>> 0 !== flags || exptime >>> 0 !== exptime) return false;
  } else if (extras.length === 0) {
    extrasLength = 0;
  } else {
    return false;
  }

  const length = extrasLength + keyLength + valueLength;
  const start = output.reserve(ROOM);
  const { bytes, view } = output.target;
  view.setUint32(start, REQUEST | (opcode << 16) | keyLength);
  view.setUint32(start + 4, (extrasLength << 24) | vbucket);
  view.setUint32(start + 8, length);
  view.setUint32(start + 12, opaque);
  view.setUint32(start + 16, 0);
  view.setUint32(start + 20, 0);
  let at = start + HEADER_LENGTH;
  if (extrasLength > 0) {
    view.setUint32(at, flags);
    view.setUint32(at + 4, exptime);
    at += 8;
  }
  const codes = storeText(bytes, at, key) | storeText(bytes, at + keyLength, value);
  output.filled(codes > 0x7f ? storeUtf8(output.target, start, at, key, value) : at + keyLength + valueLength);
  return true;
}

/** Stores texts that are not ASCII at `at`, and corrects the lengths in the header in front of them. Returns where they end. */
function storeUtf8({ bytes, view }: Slab, start: number, at: number, key: string, value: string): number {
  const keyLength = bytes.write(key, at);
  const end = at + keyLength + bytes.write(value, at + keyLength);
  view.setUint16(start + 2, keyLength);
  view.setUint32(start + 8, end - start - HEADER);
  return end;
}

/** Stores each character as a byte. Returns the bits that any of their codes has: above 0x7f, the text is not ASCII. */
function storeText(bytes: Buffer, at: number, text: string): number {
  let codes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    codes |= code;
    bytes[at + i] = code;
  }
  return codes;
}
