/*
 * The PROXY protocol: a header in front of a connection, in which a proxy says for whom it relays it
 * (haproxy doc/proxy-protocol.txt, sections 2.1 and 2.2).
 *
 * Version 1, a line of at most 107 bytes:
 *
 *   PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 \r\n
 *         |    |           |            |     destination port
 *         |    |           |            source port
 *         |    |           destination address
 *         |    source address
 *         TCP4, TCP6, or UNKNOWN, behind which anything may stand
 *
 * Version 2, binary and big-endian:
 *
 *    0                                             12        13       14      16
 *   +---------------------------------------------+---------+--------+-------+----------------+------+
 *   | 0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a         | version | family | body  | addresses      | TLVs |
 *   | signature                                   | command | trans. | bytes |                |      |
 *   +---------------------------------------------+---------+--------+-------+----------------+------+
 *                                                                            |<---- body bytes ----->|
 *   version   high nibble: 2             command     low nibble: 0 local, 1 proxy
 *   family    high nibble: 0 not told, 1 IPv4, 2 IPv6, 3 unix
 *   trans.    low nibble: 0 not told, 1 stream, 2 datagram
 *
 *   IPv4   | source 4   | destination 4   | source port 2 | destination port 2 |
 *   IPv6   | source 16  | destination 16  | source port 2 | destination port 2 |
 *   unix   | source 108 | destination 108 |
 */
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory } from '../codec.ts';
import { integerOption, knownOptions } from '../options.ts';
import { beginsBinary, decodeBinary, encodeBinary } from './binary-header.ts';
import type { ProxyEndpoint, ProxyHeader } from './header.ts';
import { decodeLine, encodeLine, MAX_LINE } from './line-header.ts';

/** Options of {@link proxyHeader}. */
export interface ProxyHeaderOptions {
  /** Most bytes behind the head of a version 2 header, addresses and TLVs, 0 to 65535. Default 4096. */
  readonly maxLength?: number | undefined;
}

const DEFAULT_MAX_LENGTH = 4096;

/**
 * The codec of the header that begins a connection from a proxy, in the PROXY protocol. It takes both versions, and sends the one that
 * {@link ProxyHeader.version} says. It takes one header off the connection: have the hook that gets it plug in the next codec.
 *
 * Whatever is no header is refused as early as that can be told. To send, addresses are written in their canonical form, the value of a
 * checksum among the TLVs is computed, and what the codec would not take itself is refused.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function proxyHeader(options: ProxyHeaderOptions = {}): CodecFactory<ProxyHeader> {
  knownOptions('proxyHeader()', options, ['maxLength']);
  const maxLength = integerOption('maxLength', options.maxLength ?? DEFAULT_MAX_LENGTH, 0, 65_535);
  return () => new ProxyHeaderCodec(maxLength);
}

class ProxyHeaderCodec implements Codec<ProxyHeader> {
  readonly maxFrameLength: number;
  readonly #maxLength: number;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
    this.maxFrameLength = Math.max(maxLength, MAX_LINE);
  }

  decode(input: ByteReader): ProxyHeader | undefined {
    // All other bytes can begin no line, either.
    return beginsBinary(input.u8(0)) ? decodeBinary(input, this.#maxLength) : decodeLine(input);
  }

  encode(header: ProxyHeader, output: ByteWriter): void {
    const { version, command } = header;
    if (command !== 'proxy' && command !== 'local') {
      throw new RangeError(`command must be 'proxy' or 'local', not ${String(command)}`);
    }
    if (version === 1) output.latin1(encodeLine(header));
    else if (version === 2) output.bytes(encodeBinary(header, this.#maxLength));
    else throw new RangeError(`version must be 1 or 2, not ${String(version)}`);
  }

  describe({ version, command, family, transport, source, destination, tlvs = [] }: ProxyHeader): string {
    const parts = [`PROXY v${version} ${command}`];
    if (source !== undefined && destination !== undefined) {
      parts.push(`${transport ?? 'stream'} over ${family}`, `${endpoint(source)} to ${endpoint(destination)}`);
    }
    if (tlvs.length > 0)
      parts.push(`TLVs ${tlvs.map(({ type }) => `0x${type.toString(16).padStart(2, '0')}`).join(' ')}`);
    return parts.join(', ');
  }
}

function endpoint({ address, port }: ProxyEndpoint): string {
  return port === undefined ? JSON.stringify(address) : `${address} port ${port}`;
}
