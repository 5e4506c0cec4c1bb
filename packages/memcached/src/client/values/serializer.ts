import type { ByteView, FrameBody } from '@wirewright/core/codec';

/** A value as it is stored. */
export interface Encoded {
  /** Text is stored as utf-8. Bytes must not be changed until the call has settled. */
  readonly data: FrameBody;
  /** 32 bits that are kept with it, and tell whoever reads it how it was written. */
  readonly flags: number;
}

/**
 * Makes bytes of values, and values of bytes. What it throws rejects the call.
 *
 * @typeParam In what can be stored
 * @typeParam Out what comes back
 */
export interface Serializer<In, Out = In> {
  /** Makes the bytes of a value, and the flags that tell {@link decode} how. */
  encode(value: In): Encoded | Promise<Encoded>;
  /** `data` lies where it was received and is valid until this returns: `data.toBytes()` and `data.toString()` last. */
  decode(data: ByteView, flags: number): Out | Promise<Out>;
}

/**
 * Flags as pylibmc and the serializers of pymemcache set them, so that they read what is stored here, and the other way round; JSON is
 * our own.
 */
export const ValueFlag = {
  /** An integer, in decimal digits. */
  Integer: 2,
  /** What they have for an integer, too, and is only read here. */
  Long: 4,
  Zlib: 8,
  Text: 16,
  Json: 32,
} as const;
