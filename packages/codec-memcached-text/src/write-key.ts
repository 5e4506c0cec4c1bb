import { Buffer } from 'node:buffer';

import { ByteView, type ByteWriter } from '@wirewright/core/codec';

import { MAX_KEY_LENGTH, SPACE } from './characters.ts';
import type { Key } from './client-request.ts';

const DELETE = 0x7f;

/**
 * Appends a key, after a look at each of its bytes: a space or line end in it would be the end of the key, and what follows a command.
 *
 * @throws {RangeError} it is no key
 */
export function writeKey(key: Key, output: ByteWriter): void {
  if (typeof key === 'string') {
    let ascii = true;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      if (code <= SPACE || code === DELETE) refuse(code);
      if (code > DELETE) ascii = false;
    }
    checkLength(ascii ? key.length : Buffer.byteLength(key));
    if (ascii) output.latin1(key);
    else output.utf8(key);
    return;
  }
  const bytes = bytesOf(key);
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! <= SPACE || bytes[i] === DELETE) refuse(bytes[i]!);
  checkLength(bytes.length);
  output.bytes(bytes);
}

/**
 * Appends a key in base64, which can be any bytes.
 *
 * @throws {RangeError} it is empty, or too long as base64
 */
export function writeBase64Key(key: Key, output: ByteWriter): void {
  const bytes = typeof key === 'string' ? Buffer.from(key) : bytesOf(key);
  const text = Buffer.from(bytes).toString('base64');
  checkLength(text.length);
  output.latin1(text);
}

function bytesOf(key: Uint8Array | ByteView): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (key instanceof ByteView) return key.bytes;
  throw new TypeError(`a key is text, a Uint8Array or a ByteView, not ${typeof key}`);
}

function refuse(code: number): never {
  throw new RangeError(
    `a key has no spaces and no control characters, and this one has 0x${code.toString(16).padStart(2, '0')}`,
  );
}

function checkLength(length: number): void {
  if (length === 0 || length > MAX_KEY_LENGTH) {
    throw new RangeError(`a key has 1 to ${MAX_KEY_LENGTH} bytes, not ${length}`);
  }
}
