import { choiceOption, integerOption, knownOptions } from '@wirewright/core/codec';

import type { Compat } from './answers.ts';

/** 1 MiB: what memcached takes unless it is told otherwise. */
const DEFAULT_MAX_ITEM_SIZE = 1024 * 1024;

/** What a length on the wire can be at most (INT_MAX - 2), and so the most that can be configured. */
const MOST_ITEM_SIZE = 1024 * 1024 * 1024;

/** Options of `memcachedTextServer()`. */
export interface MemcachedTextServerOptions {
  /**
   * Bytes that an item may take, its key and memcached's header of about 60 bytes included: memcached's `-I`. Default 1 MiB, at most 1 GiB. A
   * larger value is dropped as it comes, and its request says so.
   */
  readonly maxItemSize?: number | undefined;
  /** Whose answers malformed lines get, where versions differ: `'1.6.18'` (default), that of Debian 12, or `'1.6.45'`. */
  readonly compat?: Compat | undefined;
}

/** Options of `memcachedTextClient()`. */
export interface MemcachedTextClientOptions {
  /** Longest value in bytes that is received. Default 1 MiB, at most 1 GiB; a longer one is a `FrameTooLargeError`. */
  readonly maxItemSize?: number | undefined;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function serverOptions(options: MemcachedTextServerOptions): { maxItemSize: number; compat: Compat } {
  knownOptions('memcachedTextServer()', options, ['maxItemSize', 'compat']);
  return {
    maxItemSize: maxItemSizeOf(options.maxItemSize),
    compat: choiceOption('compat', options.compat ?? '1.6.18', ['1.6.18', '1.6.45']),
  };
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function clientOptions(options: MemcachedTextClientOptions): number {
  knownOptions('memcachedTextClient()', options, ['maxItemSize']);
  return maxItemSizeOf(options.maxItemSize);
}

function maxItemSizeOf(given: number = DEFAULT_MAX_ITEM_SIZE): number {
  return integerOption('maxItemSize', given, 1024, MOST_ITEM_SIZE);
}
