import { Buffer } from 'node:buffer';

import type { ProxyHeader } from '@wirewright/core/codec';
import type { CodecVector } from '@wirewright/core/testing';

export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Bytes from hex with spaces. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A version 2 header of the two bytes behind the signature and what is in it, in hex; its length is right. */
export function binary(start: string, ...parts: string[]): Buffer {
  const body = bytesOf(parts.join(''));
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  return Buffer.concat([SIGNATURE, bytesOf(start), length, body]);
}

export const IPV4 = 'c0a80001 c0a8000b dc04 01bb';
export const IPV6 = '20010db8000000000000000000000001 00000000000000000000ffffc0000201 dc04 01bb';

export const ipv4: ProxyHeader = {
  version: 2,
  command: 'proxy',
  family: 'ipv4',
  transport: 'stream',
  source: { address: '192.168.0.1', port: 56_324 },
  destination: { address: '192.168.0.11', port: 443 },
};
export const ipv6: ProxyHeader = {
  ...ipv4,
  family: 'ipv6',
  source: { address: '2001:db8::1', port: 56_324 },
  destination: { address: '::ffff:192.0.2.1', port: 443 },
};
export const unix = (source: string, destination: string): ProxyHeader => ({
  version: 2,
  command: 'proxy',
  family: 'unix',
  transport: 'stream',
  source: { address: source },
  destination: { address: destination },
});
export const tlv = (type: number, text: string): { type: number; value: Buffer } => ({
  type,
  value: Buffer.from(text, 'latin1'),
});

const path = (text: string): string =>
  Buffer.from(text)
    .toString('hex')
    .padEnd(2 * 108, '0');
export const local1: ProxyHeader = { version: 1, command: 'local' };
export const local2: ProxyHeader = { version: 2, command: 'local' };
export const untold: ProxyHeader = { version: 2, command: 'proxy' };
const localhost = (source: number, destination: number): Pick<ProxyHeader, 'source' | 'destination'> => ({
  source: { address: '127.0.0.1', port: source },
  destination: { address: '127.0.0.1', port: destination },
});

/** Bytes that haproxy 2.6.12 sent. */
export const captured = {
  checksum:
    '0d0a0d0a000d0a515549540a211100317f0000017f000001d98646b703000495c3598e05001b37463030303030313a443938365f37463030303030313a34364237',
  certificate:
    '0d0a0d0a000d0a515549540a211100767f0000017f000001b7e446b8030004fa73c00802000a64622e6578616d706c650500002000500700000000210007544c5376312e3322000e636c69656e742e6578616d706c652500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
  tls: '0d0a0d0a000d0a515549540a211100657f0000017f000001b7ec46b803000479fcd65702000a64622e6578616d706c6505000020003f0100000000210007544c5376312e332500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
} as const;

const SSL_TEXTS = '%\0\x07RSA2048$\0\nRSA-SHA256#\0\x16TLS_AES_256_GCM_SHA384';

const longTlv = { type: 0xe0, value: Buffer.alloc(1100, 'x') };

export const accepted: CodecVector<ProxyHeader>[] = [
  {
    name: 'the example of the specification',
    bytes: 'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n',
    messages: [{ ...ipv4, version: 1 }],
    canonical: true,
  },
  {
    name: 'the largest of IPv4, and the least',
    bytes: 'PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n',
    messages: [
      {
        ...ipv4,
        version: 1,
        source: { address: '255.255.255.255', port: 65_535 },
        destination: { address: '0.0.0.0', port: 0 },
      },
    ],
    canonical: true,
  },
  {
    name: 'TCP6',
    bytes: 'PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 56324 443\r\n',
    messages: [{ ...ipv6, version: 1 }],
    canonical: true,
  },
  {
    name: 'TCP6 in other ways to write it',
    bytes: 'PROXY TCP6 2001:0DB8:0:00:000:0000:0:1 ::FFFF:c000:0201 56324 443\r\n',
    messages: [{ ...ipv6, version: 1 }],
  },
  {
    name: 'the longest of IPv6',
    bytes: `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`,
    messages: [
      {
        ...ipv6,
        version: 1,
        source: { address: `${'ffff:'.repeat(7)}ffff`, port: 65_535 },
        destination: { address: `${'ffff:'.repeat(7)}ffff`, port: 65_535 },
      },
    ],
    canonical: true,
  },
  { name: 'UNKNOWN', bytes: 'PROXY UNKNOWN\r\n', messages: [local1], canonical: true },
  {
    name: 'the longest UNKNOWN',
    bytes: `PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`,
    messages: [local1],
  },
  { name: 'UNKNOWN with anything behind it', bytes: 'PROXY UNKNOWN  x\0 ü\r\n', messages: [local1] },

  { name: 'IPv4', bytes: binary('21 11', IPV4), messages: [ipv4], canonical: true },
  { name: 'UDP', bytes: binary('21 12', IPV4), messages: [{ ...ipv4, transport: 'datagram' }], canonical: true },
  { name: 'IPv6', bytes: binary('21 21', IPV6), messages: [ipv6], canonical: true },
  {
    name: 'UDP over IPv6',
    bytes: binary('21 22', IPV6),
    messages: [{ ...ipv6, transport: 'datagram' }],
    canonical: true,
  },
  {
    name: 'unix',
    bytes: binary('21 31', path('/run/a.sock'), path('x'.repeat(108))),
    messages: [unix('/run/a.sock', 'x'.repeat(108))],
    canonical: true,
  },
  {
    name: 'unix without a path, and abstract',
    bytes: binary('21 32', path(''), path('\0abs\0tract')),
    messages: [{ ...unix('', '\0abs\0tract'), transport: 'datagram' }],
    canonical: true,
  },
  {
    name: 'a path with rubbish behind its end',
    bytes: binary('21 31', path('/grüße\0x'), path('')),
    messages: [unix('/grüße', '')],
  },
  { name: 'local', bytes: binary('20 00'), messages: [local2], canonical: true },
  { name: 'local with addresses and TLVs', bytes: binary('20 11', IPV4, '04 0001 00'), messages: [local2] },
  {
    name: 'local with a family that is none, and bytes that mean nothing',
    bytes: binary('20 ff', 'ffffff'),
    messages: [local2],
  },
  { name: 'a family that is not told', bytes: binary('21 00'), messages: [untold], canonical: true },
  { name: 'a family that is not told, and more', bytes: binary('21 00', IPV4), messages: [untold] },
  { name: 'a transport that is not told', bytes: binary('21 10', IPV4), messages: [untold] },
  { name: 'a transport without a family', bytes: binary('21 01', 'ff'), messages: [untold] },
  {
    name: 'TLVs, known and unknown, empty and twice',
    bytes: binary('21 11', IPV4, '01 0002 6832', '04 0000', 'ff 0001 61', 'ff 0001 62', '02 0003 612e62'),
    messages: [{ ...ipv4, tlvs: [tlv(1, 'h2'), tlv(4, ''), tlv(0xff, 'a'), tlv(0xff, 'b'), tlv(2, 'a.b')] }],
    canonical: true,
  },
  {
    name: 'a unique id of 128 bytes, behind IPv6',
    bytes: binary('21 21', IPV6, '05 0080', '61'.repeat(128)),
    messages: [{ ...ipv6, tlvs: [tlv(5, 'a'.repeat(128))] }],
    canonical: true,
  },
  {
    name: 'a TLV behind unix addresses',
    bytes: binary('21 31', path('a'), path('b'), 'e0 0001 78'),
    messages: [{ ...unix('a', 'b'), tlvs: [tlv(0xe0, 'x')] }],
    canonical: true,
  },
  {
    name: 'a long TLV',
    bytes: binary('21 11', IPV4, 'e0 044c', longTlv.value.toString('hex')),
    messages: [{ ...ipv4, tlvs: [longTlv] }],
    canonical: true,
  },

  {
    name: 'haproxy, send-proxy',
    bytes: 'PROXY TCP6 ::1 ::1 47956 18101\r\n',
    messages: [
      {
        version: 1,
        command: 'proxy',
        family: 'ipv6',
        transport: 'stream',
        source: { address: '::1', port: 47_956 },
        destination: { address: '::1', port: 18_101 },
      },
    ],
    canonical: true,
  },
  {
    name: 'haproxy, send-proxy-v2',
    bytes: bytesOf('0d0a0d0a000d0a515549540a2111000c7f0000017f00000199d246b6'),
    messages: [{ ...ipv4, ...localhost(39_378, 18_102) }],
    canonical: true,
  },
  {
    name: 'haproxy, a check with send-proxy-v2',
    bytes: bytesOf('0d0a0d0a000d0a515549540a20000000'),
    messages: [local2],
    canonical: true,
  },
  {
    name: 'haproxy, with a checksum and a unique id',
    bytes: bytesOf(captured.checksum),
    messages: [
      {
        ...ipv4,
        ...localhost(55_686, 18_103),
        tlvs: [tlv(3, '\x95\xc3\x59\x8e'), tlv(5, '7F000001:D986_7F000001:46B7')],
      },
    ],
    canonical: true,
  },
  {
    name: 'haproxy, with all that it knows of a client with a certificate',
    bytes: bytesOf(captured.certificate),
    messages: [
      {
        ...ipv4,
        ...localhost(47_076, 18_104),
        tlvs: [
          tlv(3, '\xfa\x73\xc0\x08'),
          tlv(2, 'db.example'),
          tlv(5, ''),
          tlv(0x20, `\x07\0\0\0\0!\0\x07TLSv1.3"\0\x0eclient.example${SSL_TEXTS}`),
        ],
      },
    ],
    canonical: true,
  },
];

/** Bytes that are no header, and with how many of them that is known. */
export const refused: [name: string, bytes: Buffer | string, at: number][] = [
  ['HTTP', 'GET / HTTP/1.1\r\n', 1],
  ['another method', 'PROPFIND / HTTP/1.1\r\n', 4],
  ['TLS', bytesOf('16 03 01 02 00'), 1],
  ['a zero byte', bytesOf('00'), 1],
  ['lower case', 'proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n', 1],
  ['no space', 'PROXYTCP4 1.2.3.4 1.2.3.4 1 2\r\n', 6],
  ['two spaces', 'PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n', 7],
  ['two spaces behind the protocol', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n', 12],
  ['two spaces behind an address', 'PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n', 20],
  ['two spaces behind a port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1  2\r\n', 30],
  ['a tab', 'PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n', 11],
  ['a protocol that is none', 'PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n', 10],
  ['UDP in version 1', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n', 8],
  ['a longer protocol', 'PROXY UNKNOWNS\r\n', 14],
  ['no protocol', 'PROXY \r\n', 7],
  ['half a protocol', 'PROXY TCP\r\n', 10],
  ['no addresses', 'PROXY TCP4\r\n', 11],
  ['an empty address', 'PROXY TCP4 \r\n', 12],
  ['one address', 'PROXY TCP4 1.2.3.4\r\n', 19],
  ['no ports', 'PROXY TCP4 1.2.3.4 1.2.3.4\r\n', 27],
  ['one port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n', 29],
  ['an empty port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n', 30],
  ['more behind the ports', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n', 31],
  ['a space at the end', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n', 31],
  ['IPv6 in TCP4', 'PROXY TCP4 ::1 ::1 1 2\r\n', 12],
  ['IPv4 in TCP6', 'PROXY TCP6 1.2.3.4 ::1 1 2\r\n', 19],
  ['a second address of another family', 'PROXY TCP6 ::1 1.2.3.4 1 2\r\n', 23],
  ['three octets', 'PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n', 17],
  ['five octets', 'PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n', 21],
  ['an octet of 256', 'PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n', 21],
  ['a zero in front of an octet', 'PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n', 20],
  ['an endless octet', `PROXY TCP4 ${'1'.repeat(200)}`, 27],
  ['a host name', 'PROXY TCP4 localhost 1.2.3.4 1 2\r\n', 12],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n', 19],
  ['an address in brackets', 'PROXY TCP6 [::1] ::1 1 2\r\n', 12],
  ['nine groups', 'PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n', 29],
  ['seven groups', 'PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n', 25],
  ['a group of five digits', 'PROXY TCP6 ::12345 ::1 1 2\r\n', 19],
  ['two gaps', 'PROXY TCP6 1::2::3 ::1 1 2\r\n', 19],
  ['three colons', 'PROXY TCP6 1:::2 ::1 1 2\r\n', 17],
  ['a colon in front', 'PROXY TCP6 :1:2:3:4:5:6:7 ::1 1 2\r\n', 26],
  ['IPv4 in the middle', 'PROXY TCP6 ::1.2.3.4:1 ::1 1 2\r\n', 23],
  ['an address that leaves no room', `PROXY TCP6 ${'f'.repeat(100)}`, 11 + 46],
  ['a zero in front of a port', 'PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n', 29],
  ['a sign', 'PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n', 28],
  ['a negative port', 'PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n', 28],
  ['a port of 65536', 'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n', 33],
  ['a port of six digits', 'PROXY TCP4 1.2.3.4 1.2.3.4 100000 2\r\n', 33],
  ['a hexadecimal port', 'PROXY TCP4 1.2.3.4 1.2.3.4 0x1 2\r\n', 29],
  ['LF alone', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n', 31],
  ['CR alone', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx', 32],
  ['CR twice', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n', 32],
  ['LF alone behind UNKNOWN', 'PROXY UNKNOWN\nGET', 14],
  ['a line of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 107],
  ['a line without an end', `PROXY UNKNOWN ${'x'.repeat(500)}`, 107],

  ['a wrong first byte of the signature', bytesOf('0a 0d'), 1],
  ...Array.from(SIGNATURE.subarray(1), (byte, i): [string, Buffer, number] => {
    const bytes = binary('21 11', IPV4);
    bytes[i + 1] = byte ^ 1;
    return [`a wrong byte ${i + 1} of the signature`, bytes, i + 2];
  }),
  ['version 1 in binary', binary('11 11', IPV4), 13],
  ['version 3', binary('31 11', IPV4), 13],
  ['an unknown command', binary('22 11', IPV4), 13],
  ['the last command', binary('2f 11', IPV4), 13],
  ['an unknown family', binary('21 41', IPV4), 14],
  ['an unknown transport', binary('21 13', IPV4), 14],
  ['an unknown transport of no family', binary('21 0f'), 14],
  ['too short for IPv4', binary('21 11', IPV4.slice(0, -2)), 16],
  ['too short for IPv6', binary('21 21', IPV4), 16],
  ['too short for unix', binary('21 31', path('/a')), 16],
  ['a TLV without a length', binary('21 11', IPV4, '04'), 29],
  ['a TLV with half a length', binary('21 11', IPV4, '04 00'), 30],
  ['a TLV beyond the end', binary('21 11', IPV4, '04 0002 00'), 32],
  ['a second TLV beyond the end', binary('21 11', IPV4, '04 0000 04 ffff'), 34],
  ['a checksum that is wrong', binary('21 11', IPV4, '03 0004 00000000'), 35],
  ['a checksum of 3 bytes', binary('21 11', IPV4, '03 0003 000000'), 34],
  ['two checksums', binary('21 11', IPV4, '03 0004 00000000 03 0004 00000000'), 42],
  ['a unique id of 129 bytes', binary('21 11', IPV4, '05 0081', '00'.repeat(129)), 28 + 132],
  ['an SSL TLV of 4 bytes', binary('21 11', IPV4, '20 0004 01000000'), 35],
  ['a TLV beyond the end of SSL', binary('21 11', IPV4, '20 0008 0100000000 210001', '04 0000'), 42],
];
