/*
 * What a version 2 header says beyond the addresses: type, length and value, as often as the header has room.
 *
 *   +------+--------+-------------------+------+--------+-----
 *   | type | length |       value       | type | length | ...
 *   +------+--------+-------------------+------+--------+-----
 *      1       2      0 .. 65532 bytes
 */
import { Buffer } from 'node:buffer';

import { ProtocolError } from '../errors.ts';
import { copyOut } from '../owned-bytes.ts';

/** Something that a version 2 header says beyond the addresses. */
export interface ProxyTlv {
  /** 0 to 255; {@link ProxyTlvType} has the known ones, 0xe0 to 0xef are for programs to use as they like. */
  readonly type: number;
  /** 0 to 65,532 bytes. It lasts. */
  readonly value: Uint8Array;
}

/** The types that have a meaning (haproxy doc/proxy-protocol.txt, sections 2.2.1 to 2.2.7). */
export const ProxyTlvType = {
  /** The application protocol that client and proxy agreed upon in the TLS handshake. */
  Alpn: 0x01,
  /** The host name that the client asked for, in TLS its SNI; utf-8. */
  Authority: 0x02,
  /** The checksum of the header: verified when it is received, computed when it is sent. */
  Crc32c: 0x03,
  /** Padding. */
  Noop: 0x04,
  /** What the proxy calls the connection, up to 128 bytes. */
  UniqueId: 0x05,
  /** What `proxyTls` reads; the next five are in it. */
  Ssl: 0x20,
  SslVersion: 0x21,
  SslCommonName: 0x22,
  SslCipher: 0x23,
  SslSignatureAlgorithm: 0x24,
  SslKeyAlgorithm: 0x25,
  /** The network namespace of the connection. */
  Netns: 0x30,
} as const;

/** The bytes of a type and a length. */
const HEAD = 3;

const CRC32C_LENGTH = 4;
const MAX_UNIQUE_ID = 128;

/** The bytes of the value of `Ssl` in front of the TLVs that are in it: flags, and what came of verifying the certificate. */
export const SSL_HEAD = 5;

/**
 * The value of the first TLV of `type`, or undefined when there is none. It lasts.
 *
 * ```ts
 * const host = findTlv(header, ProxyTlvType.Authority)?.toString();
 * ```
 */
export function findTlv(
  { tlvs }: { readonly tlvs?: readonly ProxyTlv[] | undefined },
  type: number,
): Buffer | undefined {
  const value = tlvs?.find((tlv) => tlv.type === type)?.value;
  return value === undefined ? undefined : Buffer.from(value.buffer, value.byteOffset, value.length);
}

/**
 * The TLVs in `bytes` from `at` to the end, each with memory of its own.
 *
 * @throws {ProtocolError} one is longer than what it is in
 */
export function readTlvs(bytes: Uint8Array, at: number): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  while (at < bytes.length) {
    const start = at + HEAD;
    const end = start <= bytes.length ? start + ((bytes[at + 1]! << 8) | bytes[at + 2]!) : Infinity;
    if (end > bytes.length) throw new ProtocolError('a TLV of a PROXY header is longer than what it is in');
    tlvs.push({ type: bytes[at]!, value: copyOut(bytes.buffer, bytes.byteOffset + start, end - start) });
    at = end;
  }
  return tlvs;
}

/** Bytes that the TLVs take. */
export function tlvsLength(tlvs: readonly ProxyTlv[]): number {
  let length = 0;
  for (const { value } of tlvs) length += HEAD + value.length;
  return length;
}

/** Writes the TLVs to `bytes` from `at` on; there is room for them. */
export function writeTlvs(bytes: Buffer, at: number, tlvs: readonly ProxyTlv[]): void {
  for (const { type, value } of tlvs) {
    bytes[at] = type;
    bytes.writeUInt16BE(value.length, at + 1);
    bytes.set(value, at + HEAD);
    at += HEAD + value.length;
  }
}

/** Where, in bytes behind the start of the TLVs, the value of the checksum is; -1 when there is none. */
export function checksumOffset(tlvs: readonly ProxyTlv[]): number {
  const i = tlvs.findIndex(({ type }) => type === ProxyTlvType.Crc32c);
  return i < 0 ? -1 : tlvsLength(tlvs.slice(0, i)) + HEAD;
}

/**
 * Checks what is said of the known types.
 *
 * @throws {ProtocolError} a TLV is not what its type says
 */
export function checkTlvs(tlvs: readonly ProxyTlv[]): void {
  let checksums = 0;
  for (const { type, value } of tlvs) {
    if (type === ProxyTlvType.Crc32c && (value.length !== CRC32C_LENGTH || ++checksums > 1)) {
      throw new ProtocolError('a PROXY header has at most one checksum (TLV 0x03), and that takes 4 bytes');
    }
    if (type === ProxyTlvType.UniqueId && value.length > MAX_UNIQUE_ID) {
      throw new ProtocolError(
        `the unique id of a PROXY header (TLV 0x05) has at most ${MAX_UNIQUE_ID} bytes, not ${value.length}`,
      );
    }
    if (type === ProxyTlvType.Ssl) {
      if (value.length < SSL_HEAD) {
        throw new ProtocolError(`the TLV 0x20 of a PROXY header has at least ${SSL_HEAD} bytes, not ${value.length}`);
      }
      readTlvs(value, SSL_HEAD);
    }
  }
}
