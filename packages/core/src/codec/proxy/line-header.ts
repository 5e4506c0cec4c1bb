import type { ByteReader } from '../byte-reader.ts';
import { ProtocolError } from '../errors.ts';
import { readLatin1 } from '../text.ts';
import { checkPort, checkUntold, endpointsOf, type ProxyEndpoint, type ProxyHeader } from './header.ts';
import { ipBytes, type IpFamily, IPV4, IPV6 } from './ip-address.ts';

/** The longest line, CRLF included (section 2.1). */
export const MAX_LINE = 107;

const UNKNOWN = 'PROXY UNKNOWN';

/** What the lines that tell addresses begin with, and what the address may be that has not quite arrived. */
const FAMILIES = {
  ipv4: { start: 'PROXY TCP4 ', ip: IPV4, head: /^[\d.]{0,15}$/ },
  ipv6: { start: 'PROXY TCP6 ', ip: IPV6, head: /^[\da-f:.]{0,45}$/i },
} as const;

const STARTS = [FAMILIES.ipv4.start, FAMILIES.ipv6.start, UNKNOWN];

/** No zeroes in front, no sign. */
const PORT = /^(?:0|[1-9]\d{0,4})$/;
const PORT_HEAD = /^(?:0|[1-9]\d{0,4})?$/;

const FIELDS = ['source address', 'destination address', 'source port', 'destination port'] as const;

/**
 * Takes a version 1 header; undefined while it is not complete. What has arrived is looked at again each time, so that a line is
 * refused as soon as a field of it is wrong: there are at most 107 bytes.
 *
 * @throws {ProtocolError} it is none, or will be none whatever follows
 */
export function decodeLine(input: ByteReader): ProxyHeader | undefined {
  const { source, offset } = input;
  const text = readLatin1(source, offset, offset + Math.min(input.length, MAX_LINE));
  const end = text.search(/[\r\n]/);
  const header = parseLine(end < 0 ? text : text.slice(0, end), end >= 0);
  if (end >= 0 && text.startsWith('\r\n', end)) {
    input.skip(end + 2);
    return header;
  }
  if (end >= 0 && (text[end] === '\n' || end + 1 < text.length)) refuse('a CR or LF stands alone; CRLF ends the line');
  if (text.length === MAX_LINE) refuse(`the line does not end within ${MAX_LINE} bytes`);
  return undefined;
}

/** What a line says when it is `whole`; else it is only checked, as far as it goes. */
function parseLine(line: string, whole: boolean): ProxyHeader | undefined {
  if (line.startsWith(UNKNOWN)) {
    const rest = line.slice(UNKNOWN.length);
    if (rest !== '' && rest[0] !== ' ') refuse(`${shown(line)} is no protocol: TCP4, TCP6 or UNKNOWN`);
    return { version: 1, command: 'local' };
  }
  for (const family of ['ipv4', 'ipv6'] as const) {
    const { start, ip, head } = FAMILIES[family];
    if (line.startsWith(start)) return parseFields(line.slice(start.length), whole, family, ip, head);
  }
  if (whole || !STARTS.some((start) => start.startsWith(line))) {
    refuse(`${shown(line)} is not how one begins: PROXY, a space, and TCP4, TCP6 or UNKNOWN`);
  }
  return undefined;
}

function parseFields(
  text: string,
  whole: boolean,
  family: 'ipv4' | 'ipv6',
  ip: IpFamily,
  head: RegExp,
): ProxyHeader | undefined {
  const fields = text.split(' ');
  if (fields.length > FIELDS.length) refuse('there is more behind the ports');
  const last = fields.length - 1;
  const addresses: string[] = [];
  const ports: number[] = [];
  for (const [i, field] of fields.entries()) {
    const isAddress = i < 2;
    if (i === last && !whole) {
      // It has not arrived in full.
      if (!(isAddress ? head : PORT_HEAD).test(field)) refuseField(i, field);
    } else if (isAddress) {
      const bytes = ip.parse(field) ?? refuseField(i, field);
      addresses.push(ip.format(bytes));
    } else {
      if (!PORT.test(field) || Number(field) > 65_535) refuseField(i, field);
      ports.push(Number(field));
    }
  }
  if (!whole) return undefined;
  if (fields.length < FIELDS.length) refuse(`there is no ${FIELDS[fields.length]}`);
  const endpoint = (i: 0 | 1): ProxyEndpoint => ({ address: addresses[i]!, port: ports[i]! });
  return {
    version: 1,
    command: 'proxy',
    family,
    transport: 'stream',
    source: endpoint(0),
    destination: endpoint(1),
  };
}

function refuseField(i: number, field: string): never {
  return refuse(`${shown(field)} is no ${FIELDS[i]}`);
}

function refuse(why: string): never {
  throw new ProtocolError(`the connection does not begin with a PROXY header: ${why}`);
}

/** It came from the peer: quoted, and not too much of it. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 50));
}

/**
 * A version 1 header as text.
 *
 * @throws {RangeError} version 1 has no place for what the header says
 */
export function encodeLine(header: ProxyHeader): string {
  const { command, family, transport = 'stream', tlvs = [] } = header;
  if (command === 'local') {
    checkUntold(header);
    return `${UNKNOWN}\r\n`;
  }
  if ((family !== 'ipv4' && family !== 'ipv6') || transport !== 'stream') {
    throw new RangeError("version 1 tells of streams over 'ipv4' and 'ipv6' alone: send version 2, or 'local'");
  }
  if (tlvs.length > 0) throw new RangeError('version 1 has no TLVs: send version 2');
  const { source, destination } = endpointsOf(header);
  const { start, ip } = FAMILIES[family];
  const addresses = [source, destination].map(({ address }) => ip.format(ipBytes(ip, address)));
  const ports = [source, destination].map(({ port }) => checkPort(port));
  return `${start}${addresses.join(' ')} ${ports.join(' ')}\r\n`;
}
