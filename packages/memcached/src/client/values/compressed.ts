import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, deflate, inflate } from 'node:zlib';

import { isThenable } from '@wirewright/core';
import { bodyLength, ByteView, type FrameBody, integerOption, knownOptions } from '@wirewright/core/codec';

import { type Encoded, type Serializer, ValueFlag } from './serializer.ts';

/** Options of {@link compressed}. */
export interface CompressionOptions {
  /** Bytes from which on a value is compressed, if that makes it shorter. Default 2048. */
  readonly threshold?: number | undefined;
  /** 1 is fast, 9 is small. Default that of zlib, 6. */
  readonly level?: number | undefined;
  /** Bytes that a value may have when it is inflated, so that a small one cannot fill the memory. Default 64 MiB. */
  readonly maxLength?: number | undefined;
}

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);

/**
 * Compresses what `serializer` makes of long values, with zlib and outside of the event loop; a flag tells which they are, the one that pylibmc and
 * pymemcache use.
 *
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function compressed<In, Out>(
  serializer: Serializer<In, Out>,
  options: CompressionOptions = {},
): Serializer<In, Out> {
  knownOptions('compressed()', options, ['threshold', 'level', 'maxLength']);
  const threshold = integerOption('threshold', options.threshold ?? 2048, 1);
  const level = integerOption('level', options.level ?? constants.Z_DEFAULT_COMPRESSION, -1, 9);
  const maxOutputLength = integerOption('maxLength', options.maxLength ?? 64 * 1024 * 1024, 1);

  const compress = async (encoded: Encoded): Promise<Encoded> => {
    const { data, flags } = encoded;
    const bytes = toBytes(data);
    const short = await deflateAsync(bytes, { level });
    return short.length < bytes.length ? { data: short, flags: flags | ValueFlag.Zlib } : encoded;
  };
  const compressIfLong = (encoded: Encoded): Encoded | Promise<Encoded> =>
    bodyLength(encoded.data, 'utf8') < threshold ? encoded : compress(encoded);
  const expand = async (bytes: Buffer, flags: number): Promise<Out> =>
    serializer.decode(new ByteView(await inflateAsync(bytes, { maxOutputLength })), flags & ~ValueFlag.Zlib);

  return {
    encode(value) {
      const encoded = serializer.encode(value);
      return isThenable(encoded) ? encoded.then(compressIfLong) : compressIfLong(encoded);
    },
    decode: (data, flags) =>
      (flags & ValueFlag.Zlib) === 0 ? serializer.decode(data, flags) : expand(data.toBytes(), flags),
  };
}

function toBytes(data: FrameBody): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof ByteView ? data.bytes : data;
}
