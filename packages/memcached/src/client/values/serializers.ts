import type { Buffer } from 'node:buffer';

import { type ByteView, type FrameBody } from '@wirewright/core/codec';

import { keepValue } from './keep-value.ts';
import { type Serializer, ValueFlag } from './serializer.ts';

/** Bytes, as they are: what a client does with values unless told otherwise. Text can be stored as well, and comes back as bytes. */
export const bytes: Serializer<FrameBody, Buffer> = {
  encode: (data) => ({ data, flags: 0 }),
  decode: (data) => keepValue(data),
};

/** Text, stored as utf-8. */
export const text: Serializer<string> = {
  encode: (data) => ({ data: checkText(data), flags: ValueFlag.Text }),
  decode: (data) => data.toString(),
};

/**
 * Whatever JSON can tell, typed as you say.
 *
 * ```ts
 * const client = new MemcachedClient(servers, { values: json<Profile>() });
 * ```
 */
export function json<T = unknown>(): Serializer<T> {
  return { encode: encodeJson, decode: decodeJson as (data: ByteView) => T };
}

/**
 * Anything, and back as what it was: text, numbers and bytes as such, so that `incr` and clients in other languages can use them, and anything
 * else as JSON. The flags tell which.
 */
export const mixed: Serializer<unknown> = {
  encode(value) {
    if (typeof value === 'string') return { data: value, flags: ValueFlag.Text };
    if (value instanceof Uint8Array) return { data: value, flags: 0 };
    const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
    if (whole && !Object.is(value, -0)) return { data: String(value), flags: ValueFlag.Integer };
    return encodeJson(value);
  },
  decode(data, flags) {
    if ((flags & ValueFlag.Text) !== 0) return data.toString();
    if ((flags & (ValueFlag.Integer | ValueFlag.Long)) !== 0) return readInteger(data.toString());
    if ((flags & ValueFlag.Json) !== 0) return decodeJson(data);
    return keepValue(data);
  },
};

function encodeJson(value: unknown): { data: string; flags: number } {
  const data = JSON.stringify(value) as string | undefined;
  if (data === undefined) throw new TypeError(`JSON has no ${typeof value}`);
  return { data, flags: ValueFlag.Json };
}

function decodeJson(data: ByteView): unknown {
  return JSON.parse(data.toString());
}

/** `decr` leaves spaces behind a number that has become shorter. */
function readInteger(digits: string): number | bigint {
  const value = BigInt(digits.trimEnd());
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function checkText(value: string): string {
  if (typeof value !== 'string') throw new TypeError(`text is stored as a string, not as ${typeof value}`);
  return value;
}
