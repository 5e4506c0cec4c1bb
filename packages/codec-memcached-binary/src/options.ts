import { integerOption, knownOptions } from '@wirewright/core/codec';

/** Bytes in front of the body. */
export const HEADER = 24;

/** The longest key in bytes (memcached.h, `KEY_MAX_LENGTH`). */
export const MAX_KEY_LENGTH: number = 250;

/** The longest body that the protocol has, 1 GiB: more than that nobody meant. */
export const MAX_BODY: number = 1024 ** 3;

/** Extras and key of a frame that is too large: they are kept, so the limit is never below them. */
const LEAST = 512;

/** Options of `memcachedBinaryServer()` and `memcachedBinaryClient()`. */
export interface MemcachedBinaryOptions {
  /**
   * Longest body in bytes, received or sent: extras, key and value together, the header of 24 bytes not counted; 512 bytes at least. What is
   * received and longer than that comes as a message without its value. Default 1 MiB + 512 bytes: a value of 1 MiB with the longest key.
   */
  readonly maxFrameLength?: number | undefined;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function maxFrameLengthOf(of: string, options: MemcachedBinaryOptions): number {
  knownOptions(of, options, ['maxFrameLength']);
  return integerOption('maxFrameLength', options.maxFrameLength ?? 1024 * 1024 + LEAST, LEAST, MAX_BODY);
}
