import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

import { InvalidOptionError } from '@wirewright/core';

import { InvalidKeyError } from './errors.ts';

/** A key: text, which is sent as utf-8, or bytes. 1 to 250 bytes with the prefix, and neither spaces nor control characters in text. */
export type CacheKey = string | Uint8Array;

/** A key as it is sent, prefix included. Only bytes can have what has no place on a line of text. */
export type WireKey = string | Buffer;

/** Longest key in bytes (memcached.h, `KEY_MAX_LENGTH`). */
const MAX_KEY_LENGTH = 250;

/** Longest key in bytes that is as long as {@link MAX_KEY_LENGTH} in base64. */
const MAX_BASE64_KEY_LENGTH = 186;

const SPACE = 0x20;
const DELETE = 0x7f;

/** What the longest text can be that a look at each character of it is worth while: longer ones are too long anyway. */
const LONGEST_TEXT = 1024;

/** How keys that are not plain are sent. */
export type BinaryKeys = 'refused' | 'base64' | 'as they are';

export interface KeyOptions {
  readonly prefix: string;
  readonly hashLongKeys: boolean;
  readonly binaryKeys: BinaryKeys;
}

/** Makes keys of what a caller gives for one, or refuses it. */
export class Keys {
  readonly #prefix: string;
  readonly #prefixBytes: Buffer;
  readonly #hashLong: boolean;
  readonly #binaryKeys: BinaryKeys;

  /** @throws {InvalidOptionError} the prefix is no beginning of a key */
  constructor({ prefix, hashLongKeys, binaryKeys }: KeyOptions) {
    this.#prefix = prefix;
    this.#prefixBytes = Buffer.from(prefix);
    this.#hashLong = hashLongKeys;
    this.#binaryKeys = binaryKeys;
    if (!isPlain(prefix) || this.#prefixBytes.length > MAX_KEY_LENGTH / 2) {
      throw new InvalidOptionError(
        `prefix has neither spaces nor control characters, and at most ${MAX_KEY_LENGTH / 2} bytes`,
      );
    }
  }

  /** @throws {InvalidKeyError} it is no key */
  wire(key: CacheKey): WireKey {
    if (typeof key !== 'string') return this.#bytes(key);
    let ascii = true;
    const { length } = key;
    if (length > LONGEST_TEXT && !this.#hashLong) throw tooLong(length);
    for (let i = 0; i < length; i++) {
      const code = key.charCodeAt(i);
      if (code <= SPACE || code === DELETE) throw forbidden(code);
      if (code > DELETE) ascii = false;
    }
    if (length === 0) throw new InvalidKeyError('a key has at least one byte');
    const whole = this.#prefix === '' ? key : this.#prefix + key;
    const bytes = ascii && this.#prefixBytes.length === this.#prefix.length ? whole.length : Buffer.byteLength(whole);
    if (bytes <= MAX_KEY_LENGTH) return whole;
    if (this.#hashLong) return this.#prefix + hash(Buffer.from(key));
    throw tooLong(bytes);
  }

  #bytes(key: Uint8Array): WireKey {
    if (!(key instanceof Uint8Array)) {
      throw new InvalidKeyError(`a key is text or a Uint8Array, not ${key === null ? 'null' : typeof key}`);
    }
    if (key.length === 0) throw new InvalidKeyError('a key has at least one byte');
    // A copy: the caller may do with its own what it likes.
    const whole = Buffer.concat([this.#prefixBytes, key]);
    const plain = isPlainBytes(whole);
    if (!plain && this.#binaryKeys === 'refused') {
      throw new InvalidKeyError('the text protocol has no binary keys: use protocol meta or binary, or encode the key');
    }
    const most = !plain && this.#binaryKeys === 'base64' ? MAX_BASE64_KEY_LENGTH : MAX_KEY_LENGTH;
    if (whole.length <= most) return whole;
    if (this.#hashLong) return this.#prefix + hash(key);
    throw tooLong(whole.length, most);
  }
}

/** Whether a key has bytes in it that cannot stand on a line of text. */
export function isBinaryKey(key: WireKey): boolean {
  return typeof key !== 'string' && !isPlainBytes(key);
}

/** SHA-256 in base64url: 43 characters, whatever the key. */
function hash(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('base64url');
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= SPACE || text.charCodeAt(i) === DELETE) return false;
  return true;
}

function isPlainBytes(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! <= SPACE || bytes[i] === DELETE) return false;
  return true;
}

function forbidden(code: number): InvalidKeyError {
  const shown = code.toString(16).padStart(2, '0');
  return new InvalidKeyError(
    `a key has no spaces and no control characters, and this one has 0x${shown}: encode it, or give it as bytes`,
  );
}

function tooLong(bytes: number, most: number = MAX_KEY_LENGTH): InvalidKeyError {
  return new InvalidKeyError(
    `a key has at most ${most} bytes with its prefix, not ${bytes}: shorten it, or set hashLongKeys`,
  );
}
