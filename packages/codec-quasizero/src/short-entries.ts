import type { Buffer } from 'node:buffer';

import type { Entries } from './metadata.ts';
import * as tags from './tags.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { Metadata, Key, Value } = tags.Tag;

/** Bytes that short entries have at most, all of them. */
export const MOST: number = 512;

/** A length up to this takes one byte. */
const ONE_BYTE = 127;

/** Keys and values in turn, as they were gathered last. */
const texts: string[] = [];
let count = 0;

/**
 * Gathers entries that are few and short, to go through them only once. Returns how many bytes they take if all of them are ASCII, as nearly all are:
 * to see that when they are stored takes less time than to count them before. -1 when they are not short.
 */
export function gatherShort(entries: Entries): number {
  let sum = 0;
  count = 0;
  for (const [key, value] of entries) {
    if (typeof key !== 'string' || typeof value !== 'string') return -1;
    const length = 4 + key.length + value.length;
    sum += 2 + length;
    if (length > ONE_BYTE || sum > MOST) return -1;
    texts[count++] = key;
    texts[count++] = value;
  }
  return sum;
}

/** Stores at `at` what was gathered. Returns whether all of it is ASCII: if not, it is to be written in another way. */
export function storeShort(bytes: Buffer, at: number): boolean {
  let codes = 0;
  for (let i = 0; i < count; i += 2) {
    const key = texts[i]!;
    const value = texts[i + 1]!;
    bytes[at] = Metadata;
    bytes[at + 1] = 4 + key.length + value.length;
    bytes[at + 2] = Key;
    bytes[at + 3] = key.length;
    at += 4;
    for (let j = 0; j < key.length; j++) {
      const code = key.charCodeAt(j);
      codes |= code;
      bytes[at + j] = code;
    }
    at += key.length;
    bytes[at] = Value;
    bytes[at + 1] = value.length;
    at += 2;
    for (let j = 0; j < value.length; j++) {
      const code = value.charCodeAt(j);
      codes |= code;
      bytes[at + j] = code;
    }
    at += value.length;
  }
  return codes <= 0x7f;
}
