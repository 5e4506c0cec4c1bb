export type { Batch } from './batch.ts';
export type { Codec, CodecFactory, Description } from './codec.ts';
export type { Delimited, DelimitedOptions } from './framing/delimited.ts';
export type { FixedLengthOptions } from './framing/fixed-length.ts';
export type { FrameAs, FrameBody, FrameBodyOptions, FrameEncoding, FrameOf, FrameTypes } from './framing/frame-as.ts';
export type { LengthPrefixedOptions } from './framing/length-prefixed.ts';
export type { Mapping } from './framing/map-codec.ts';
export type { VarintPrefixedOptions } from './framing/varint-prefixed.ts';
export type { Endian } from './integers.ts';
export type { ProxyEndpoint, ProxyHeader } from './proxy/header.ts';
export type { ProxyHeaderOptions } from './proxy/proxy-header.ts';
export type { ProxyTls } from './proxy/proxy-tls.ts';
export type { ProxyTlv } from './proxy/tlvs.ts';
export type { Slab } from './slab.ts';

export { ByteReader } from './byte-reader.ts';
export { ByteView } from './byte-view.ts';
export { ByteWriter } from './byte-writer.ts';
export { copyShort, SHORT_COPY } from './copy-short.ts';
export { crc32c } from './crc32c.ts';
export { decodeEnd, decodeNext } from './decode.ts';
export { encodeInto, encodeMessage } from './encode.ts';
export {
  CodecStuckError,
  DecodeError,
  EncodeError,
  FrameTooLargeError,
  InvalidOptionError,
  ProtocolError,
  TruncatedFrameError,
  WireError,
} from './errors.ts';
export { DEFAULT_MAX_FRAME_LENGTH } from './frame-limit.ts';
export { delimited } from './framing/delimited.ts';
export { DiscardedFrame } from './framing/discarded-frame.ts';
export { fixedLength } from './framing/fixed-length.ts';
export { lengthPrefixed } from './framing/length-prefixed.ts';
export { mapCodec } from './framing/map-codec.ts';
export { takeVarintPrefix } from './framing/varint-prefix.ts';
export { varintPrefixed } from './framing/varint-prefixed.ts';
export { bodyLength, writeBody } from './framing/write-body.ts';
export { booleanOption, choiceOption, integerOption, knownOptions, signalOption } from './options.ts';
export { proxyHeader } from './proxy/proxy-header.ts';
export { proxyTls } from './proxy/proxy-tls.ts';
export { findTlv, ProxyTlvType } from './proxy/tlvs.ts';
export { retain } from './retain.ts';
export { readLatin1, readUtf8, utf8Length } from './text.ts';
