import { Buffer } from 'node:buffer';

import type { ByteReader } from '../byte-reader.ts';
import { crc32c } from '../crc32c.ts';
import { FrameTooLargeError, ProtocolError } from '../errors.ts';
import { checkPort, checkUntold, endpointsOf, type ProxyEndpoint, type ProxyHeader } from './header.ts';
import { ipBytes, type IpFamily, IPV4, IPV6 } from './ip-address.ts';
import { checksumOffset, checkTlvs, type ProxyTlv, readTlvs, tlvsLength, writeTlvs } from './tlvs.ts';
import { readUnixAddress, UNIX_LENGTH, writeUnixAddress } from './unix-address.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Where things are. */
const COMMAND = 12;
const FAMILY = 13;
const LENGTH = 14;
const HEAD = 16;

const LOCAL_COMMAND = 0x20;
const PROXY_COMMAND = 0x21;

type Family = NonNullable<ProxyHeader['family']>;
type Transport = NonNullable<ProxyHeader['transport']>;

/** By their number; the first is for what is not told. */
const FAMILIES: readonly (Family | undefined)[] = [undefined, 'ipv4', 'ipv6', 'unix'];
const TRANSPORTS: readonly (Transport | undefined)[] = [undefined, 'stream', 'datagram'];

const IP: Readonly<Record<'ipv4' | 'ipv6', IpFamily>> = { ipv4: IPV4, ipv6: IPV6 };

/** Whether a header that begins with `byte` is a version 2 one. */
export function beginsBinary(byte: number): boolean {
  return byte === SIGNATURE[0];
}

/**
 * Takes a version 2 header; undefined while it is not complete. Each byte of its head is checked as soon as it is there.
 *
 * @throws {ProtocolError} it is none
 * @throws {FrameTooLargeError} there are more than `maxLength` bytes behind its head
 */
export function decodeBinary(input: ByteReader, maxLength: number): ProxyHeader | undefined {
  const { length } = input;
  for (let i = 0; i < SIGNATURE.length && i < length; i++) {
    if (input.u8(i) !== SIGNATURE[i])
      throw new ProtocolError(`byte ${i} of a PROXY header is not that of its signature`);
  }
  if (length > COMMAND) checkCommand(input.u8(COMMAND));
  if (length <= FAMILY) return undefined;
  const local = input.u8(COMMAND) === LOCAL_COMMAND;
  // A local header is skipped, and the family is ignored, whatever it is.
  const [family, transport] = local ? [] : familyOf(input.u8(FAMILY));
  if (length < HEAD) return undefined;
  const body = input.u16(LENGTH);
  if (body > maxLength) throw new FrameTooLargeError(body, maxLength);
  const told = family !== undefined && transport !== undefined;
  if (told && body < addressesLength(family)) {
    throw new ProtocolError(`a PROXY header of ${body} bytes is too short for its addresses of the family ${family}`);
  }
  if (length < HEAD + body) return input.need(HEAD + body, HEAD);
  const { bytes } = input.view(HEAD + body);
  if (local) return { version: 2, command: 'local' };
  // Nobody says where the addresses end, if there are any.
  return told ? readHeader(bytes, family, transport) : { version: 2, command: 'proxy' };
}

function checkCommand(byte: number): void {
  if (byte === LOCAL_COMMAND || byte === PROXY_COMMAND) return;
  const version = byte >> 4;
  throw new ProtocolError(
    version === 2
      ? `a PROXY header has the unknown command ${byte & 0xf}`
      : `a binary PROXY header has the version ${version} instead of 2`,
  );
}

function familyOf(byte: number): [Family | undefined, Transport | undefined] {
  const family = byte >> 4;
  const transport = byte & 0xf;
  if (family >= FAMILIES.length) throw new ProtocolError(`a PROXY header has the unknown address family ${family}`);
  if (transport >= TRANSPORTS.length) throw new ProtocolError(`a PROXY header has the unknown transport ${transport}`);
  return [FAMILIES[family], TRANSPORTS[transport]];
}

/** Bytes of both addresses, and of both ports where there are any. */
function addressesLength(family: Family): number {
  return family === 'unix' ? 2 * UNIX_LENGTH : 2 * (IP[family].length + 2);
}

function readHeader(bytes: Buffer, family: Family, transport: Transport): ProxyHeader {
  const start = HEAD + addressesLength(family);
  const tlvs = readTlvs(bytes, start);
  checkTlvs(tlvs);
  const checksum = checksumOffset(tlvs);
  if (checksum >= 0 && bytes.readUInt32BE(start + checksum) !== headerChecksum(bytes, start + checksum)) {
    throw new ProtocolError('the checksum of a PROXY header is wrong: it has been changed on its way');
  }
  const [source, destination] = ([0, 1] as const).map((i) => readEndpoint(bytes, family, i)) as [
    ProxyEndpoint,
    ProxyEndpoint,
  ];
  const header = { version: 2, command: 'proxy', family, transport, source, destination } as const;
  return tlvs.length === 0 ? header : { ...header, tlvs };
}

/** The source is the first, the destination the second. */
function readEndpoint(bytes: Buffer, family: Family, i: 0 | 1): ProxyEndpoint {
  if (family === 'unix') return { address: readUnixAddress(bytes, HEAD + i * UNIX_LENGTH) };
  const { length, format } = IP[family];
  const at = HEAD + i * length;
  return { address: format(bytes.subarray(at, at + length)), port: bytes.readUInt16BE(HEAD + 2 * length + 2 * i) };
}

/**
 * A version 2 header as bytes.
 *
 * @throws {RangeError} it says what cannot be told
 * @throws {ProtocolError} a TLV is not what its type says
 * @throws {FrameTooLargeError} it is longer than what is taken
 */
export function encodeBinary(header: ProxyHeader, maxLength: number): Buffer {
  const { command, family, transport = 'stream', tlvs = [] } = header;
  if (command === 'local' || family === undefined) {
    checkUntold(header);
    return head(command, 0, 0);
  }
  const familyNumber = FAMILIES.indexOf(family);
  const transportNumber = TRANSPORTS.indexOf(transport);
  if (familyNumber < 1) throw new RangeError(`family must be 'ipv4', 'ipv6' or 'unix', not ${family as string}`);
  if (transportNumber < 1) throw new RangeError(`transport must be 'stream' or 'datagram', not ${transport as string}`);
  const { source, destination } = endpointsOf(header);
  for (const tlv of tlvs) checkTlv(tlv);
  checkTlvs(tlvs);
  const start = HEAD + addressesLength(family);
  const length = start - HEAD + tlvsLength(tlvs);
  if (length > maxLength) throw new FrameTooLargeError(length, maxLength);
  const bytes = head(command, (familyNumber << 4) | transportNumber, length);
  for (const [i, endpoint] of [source, destination].entries()) writeEndpoint(bytes, family, i, endpoint);
  writeTlvs(bytes, start, tlvs);
  const checksum = checksumOffset(tlvs);
  if (checksum >= 0) bytes.writeUInt32BE(headerChecksum(bytes, start + checksum), start + checksum);
  return bytes;
}

/** The checksum of a header, as if the four bytes at `place`, where it is written itself, were 0. */
function headerChecksum(bytes: Buffer, place: number): number {
  const front = crc32c(bytes, 0, place);
  return crc32c(bytes, place + 4, bytes.length, crc32c(Buffer.alloc(4), 0, 4, front));
}

/** A header whose body is still zeroes. */
function head(command: ProxyHeader['command'], family: number, length: number): Buffer {
  const bytes = Buffer.alloc(HEAD + length);
  bytes.set(SIGNATURE);
  bytes[COMMAND] = command === 'local' ? LOCAL_COMMAND : PROXY_COMMAND;
  bytes[FAMILY] = family;
  bytes.writeUInt16BE(length, LENGTH);
  return bytes;
}

function checkTlv({ type, value }: ProxyTlv): void {
  if (!Number.isInteger(type) || type < 0 || type > 0xff) {
    throw new RangeError(`the type of a TLV must be an integer from 0 to 255, not ${String(type)}`);
  }
  if (!(value instanceof Uint8Array)) throw new RangeError(`the value of the TLV ${type} must be a Uint8Array`);
}

function writeEndpoint(bytes: Buffer, family: Family, i: number, { address, port }: ProxyEndpoint): void {
  if (family === 'unix') {
    if (port !== undefined) throw new RangeError('a unix socket has no port');
    writeUnixAddress(bytes, HEAD + i * UNIX_LENGTH, address);
    return;
  }
  const ip = IP[family];
  bytes.set(ipBytes(ip, address), HEAD + i * ip.length);
  bytes.writeUInt16BE(checkPort(port), HEAD + 2 * ip.length + 2 * i);
}
