import { Buffer } from 'node:buffer';

import {
  ByteReader,
  decodeNext,
  encodeMessage,
  EncodeError,
  findTlv,
  InvalidOptionError,
  ProtocolError,
  proxyHeader,
  type ProxyHeader,
  type ProxyHeaderOptions,
  proxyTls,
  ProxyTlvType,
} from '@wirewright/core/codec';
import { codecVectors, type CodecVector } from '@wirewright/core/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { random } from '../../support/random.ts';
import { binary, bytesOf, SIGNATURE } from './proxy-bytes.ts';

const IPV4 = 'c0a80001 c0a8000b dc04 01bb';
const IPV6 = '20010db8000000000000000000000001 00000000000000000000ffffc0000201 dc04 01bb';

const ipv4: ProxyHeader = {
  version: 2,
  command: 'proxy',
  family: 'ipv4',
  transport: 'stream',
  source: { address: '192.168.0.1', port: 56_324 },
  destination: { address: '192.168.0.11', port: 443 },
};
const ipv6: ProxyHeader = {
  ...ipv4,
  family: 'ipv6',
  source: { address: '2001:db8::1', port: 56_324 },
  destination: { address: '::ffff:192.0.2.1', port: 443 },
};
const unix = (source: string, destination: string): ProxyHeader => ({
  version: 2,
  command: 'proxy',
  family: 'unix',
  transport: 'stream',
  source: { address: source },
  destination: { address: destination },
});
const tlv = (type: number, text: string): { type: number; value: Buffer } => ({
  type,
  value: Buffer.from(text, 'latin1'),
});

const path = (text: string): string =>
  Buffer.from(text)
    .toString('hex')
    .padEnd(2 * 108, '0');
const local1: ProxyHeader = { version: 1, command: 'local' };
const local2: ProxyHeader = { version: 2, command: 'local' };
const untold: ProxyHeader = { version: 2, command: 'proxy' };
const localhost = (source: number, destination: number): Pick<ProxyHeader, 'source' | 'destination'> => ({
  source: { address: '127.0.0.1', port: source },
  destination: { address: '127.0.0.1', port: destination },
});

/** Bytes that haproxy 2.6.12 sent. */
const captured = {
  checksum:
    '0d0a0d0a000d0a515549540a211100317f0000017f000001d98646b703000495c3598e05001b37463030303030313a443938365f37463030303030313a34364237',
  certificate:
    '0d0a0d0a000d0a515549540a211100767f0000017f000001b7e446b8030004fa73c00802000a64622e6578616d706c650500002000500700000000210007544c5376312e3322000e636c69656e742e6578616d706c652500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
  tls: '0d0a0d0a000d0a515549540a211100657f0000017f000001b7ec46b803000479fcd65702000a64622e6578616d706c6505000020003f0100000000210007544c5376312e332500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
} as const;

const SSL_TEXTS = '%\0\x07RSA2048$\0\nRSA-SHA256#\0\x16TLS_AES_256_GCM_SHA384';

const longTlv = { type: 0xe0, value: Buffer.alloc(1100, 'x') };

const accepted: CodecVector<ProxyHeader>[] = [
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

describe('accepted', () => {
  for (const { name, run } of codecVectors('proxyHeader()', proxyHeader(), accepted)) test(name, run);
});

/** Bytes that are no header, and with how many of them that is known. */
const refused: [name: string, bytes: Buffer | string, at: number][] = [
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

describe('refused', () => {
  test.each(refused)('%s', (_name, bytes, at) => {
    expect(refusedAt(Buffer.from(bytes as string, 'latin1'))).toBe(at);
  });

  const vectors = refused.map(([name, bytes]) => ({ name, bytes, messages: [], error: 'WIRE_PROTOCOL' }));
  for (const { name, run } of codecVectors('proxyHeader()', proxyHeader(), vectors)) test(name, run);

  test('any changed bit of a header with a checksum', () => {
    const whole = bytesOf(captured.checksum);
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const changed = Buffer.from(whole);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const input = new ByteReader(changed);
      let got: ProxyHeader | undefined;
      try {
        got = decodeNext(proxyHeader()(), input);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        continue;
      }
      // What is not told is not looked at, and a checksum that became another TLV is none.
      if (got !== undefined) expect(findTlv(got, ProxyTlvType.Crc32c)).toBeUndefined();
    }
  });

  test('more than maxLength, before it is there', () => {
    const head = Buffer.concat([SIGNATURE, bytesOf('21 11 1001')]);
    expect(() => decodeNext(proxyHeader()(), new ByteReader(head))).toThrow(/4097 bytes is over the limit of 4096/);
    expect(decodeNext(proxyHeader({ maxLength: 4097 })(), new ByteReader(head))).toBeUndefined();
    const tight = proxyHeader({ maxLength: 12 });
    expect(decodeNext(tight(), new ByteReader(binary('21 11', IPV4)))).toEqual(ipv4);
    expect(() => decodeNext(tight(), new ByteReader(binary('20 00', IPV4, '00')))).toThrow(/13 bytes is over/);
    expect(decodeNext(proxyHeader({ maxLength: 0 })(), new ByteReader(Buffer.from('PROXY UNKNOWN ')))).toBeUndefined();
  });

  test('the largest header that there can be is taken by whoever wants it', () => {
    const header = { ...ipv4, tlvs: [{ type: 0xe0, value: Buffer.alloc(65_535 - 12 - 3, 'x') }] };
    const codec = proxyHeader({ maxLength: 65_535 })();
    const bytes = encodeMessage(codec, header);
    expect(bytes.length).toBe(16 + 65_535);
    const input = new ByteReader(bytes);
    input.maxFrameLength = codec.maxFrameLength!;
    expect(decodeNext(codec, input)).toEqual(header);
    expect(() => encodeMessage(proxyHeader()(), header)).toThrow(/65535 bytes is over the limit of 4096/);
  });
});

/** With how many bytes, one by one, a codec has had enough. */
function refusedAt(bytes: Buffer): number {
  const codec = proxyHeader()();
  const input = new ByteReader();
  for (let at = 1; at <= bytes.length; at++) {
    input.push(Buffer.from(bytes.subarray(at - 1, at)));
    try {
      if (decodeNext(codec, input) !== undefined) return -1;
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return at;
    }
  }
  return Infinity;
}

test('what is behind the header is left alone', () => {
  for (const { bytes, messages } of accepted) {
    const input = new ByteReader(Buffer.concat([Buffer.from(bytes as string), Buffer.from('\r\n\r\nhello')]));
    expect(decodeNext(proxyHeader()(), input)).toEqual(messages[0]);
    expect(input.length).toBe(9);
  }
});

test('the bytes of a TLV last, and keep nothing else alive', () => {
  const bytes = Buffer.concat([binary('21 11', IPV4, 'e0 0002 6162'), Buffer.alloc(60_000)]);
  const header = decodeNext(proxyHeader()(), new ByteReader(bytes))!;
  bytes.fill(0);
  const { value } = header.tlvs![0]!;
  expect(Buffer.from(value).toString()).toBe('ab');
  expect(value.buffer.byteLength).toBe(2);
});

test('headers that were changed at random are headers or a ProtocolError, and never anything else', () => {
  const next = random(7);
  const below = (n: number): number => Math.floor(next() * n);
  const counts = { header: 0, refused: 0, incomplete: 0 };
  for (let run = 0; run < 6000; run++) {
    const chosen = accepted[below(accepted.length)]!.bytes;
    const bytes = Buffer.concat([Buffer.from(chosen as string), Buffer.alloc(below(4), '0')]);
    for (let n = 1 + below(3); n > 0; n--) {
      // Most of what is interesting is not in the signature.
      const at = next() < 0.8 ? 6 + below(bytes.length - 6) : below(bytes.length);
      bytes[at] = next() < 0.5 ? below(256) : bytes[below(bytes.length)]!;
    }
    const cut = bytes.subarray(0, next() < 0.8 ? bytes.length : below(bytes.length));
    const codec = proxyHeader()();
    let header: ProxyHeader | undefined;
    try {
      header = decodeNext(codec, new ByteReader(cut));
    } catch (error) {
      // And no WIRE_DECODE_FAILED, which is what becomes of an error that the codec did not mean.
      expect(['WIRE_PROTOCOL', 'WIRE_FRAME_TOO_LARGE']).toContain((error as ProtocolError).code);
      counts.refused++;
      continue;
    }
    counts[header === undefined ? 'incomplete' : 'header']++;
    // What was taken can be sent, and is the same then.
    if (header !== undefined && !JSON.stringify(header).includes('\ufffd')) {
      expect(decodeNext(codec, new ByteReader(encodeMessage(codec, header)))).toEqual(withChecksum(header));
      proxyTls(header);
    }
  }
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(200);
});

/** A checksum is computed anew when it is sent: its value does not count. */
function withChecksum(header: ProxyHeader): unknown {
  if (header.tlvs === undefined) return header;
  return {
    ...header,
    tlvs: header.tlvs.map((one) =>
      one.type === ProxyTlvType.Crc32c ? { type: 3, value: expect.anything() as unknown } : one,
    ),
  };
}

describe('encoding', () => {
  const encode = (header: ProxyHeader): Buffer => encodeMessage(proxyHeader()(), header);

  test('addresses are written in one way', () => {
    const given = { ...ipv6, source: { address: '2001:DB8:0:0::0:1', port: 56_324 } };
    expect(encode(given)).toEqual(binary('21 21', IPV6));
    expect(encode({ ...given, version: 1 }).toString()).toBe('PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 56324 443\r\n');
  });

  test('a checksum is computed, whatever its value was', () => {
    const value = Buffer.alloc(4);
    const bytes = encode({ ...ipv4, tlvs: [tlv(4, 'x'), { type: ProxyTlvType.Crc32c, value }, tlv(0xe1, 'y')] });
    const header = decodeNext(proxyHeader()(), new ByteReader(bytes))!;
    expect(findTlv(header, ProxyTlvType.Crc32c)).not.toEqual(value);
    expect(header.tlvs!.length).toBe(3);
    expect(value).toEqual(Buffer.alloc(4));
    // Somewhere else, a changed byte is found out.
    bytes[20]! ^= 1;
    expect(() => decodeNext(proxyHeader()(), new ByteReader(bytes))).toThrow(/checksum of a PROXY header is wrong/);
  });

  test('the transport is stream unless it is said', () => {
    expect(encode({ ...ipv4, transport: undefined })).toEqual(binary('21 11', IPV4));
    expect(encode({ ...ipv4, version: 1, transport: undefined }).toString()).toBe(accepted[0]!.bytes);
  });

  test('empty TLVs are none', () => {
    expect(encode({ ...ipv4, tlvs: [] })).toEqual(binary('21 11', IPV4));
    expect(encode({ ...local2, tlvs: [] })).toEqual(binary('20 00'));
    expect(encode({ ...local1, tlvs: [] }).toString()).toBe('PROXY UNKNOWN\r\n');
  });

  const source = ipv4.source!;
  test.each<[string, object, RegExp]>([
    ['a version', { ...ipv4, version: 3 }, /version must be 1 or 2, not 3/],
    ['a command', { ...ipv4, command: 'LOCAL' }, /command must be 'proxy' or 'local', not LOCAL/],
    ['a family', { ...ipv4, family: 'IPv4' }, /family must be 'ipv4', 'ipv6' or 'unix', not IPv4/],
    ['a transport', { ...ipv4, transport: 'tcp' }, /transport must be 'stream' or 'datagram', not tcp/],
    ['no source', { ...ipv4, source: undefined }, /needs both a source and a destination/],
    ['no destination', { ...ipv4, destination: undefined }, /needs both a source and a destination/],
    ['an address of another family', { ...ipv6, source }, /must be IPv6 as the family says.* not "192.168.0.1"/],
    ['and the other way', { ...ipv4, destination: ipv6.source }, /must be IPv4 .* not "2001:db8::1"/],
    ['a zone', { ...ipv6, source: { address: 'fe80::1%eth0', port: 1 } }, /without a zone, not "fe80::1%eth0"/],
    ['no address', { ...ipv4, source: { port: 1 } }, /must be IPv4 .* not undefined/],
    [
      'no port',
      { ...ipv4, source: { address: '1.2.3.4' } },
      /a port must be an integer from 0 to 65535, not undefined/,
    ],
    ['a port above', { ...ipv4, source: { address: '1.2.3.4', port: 65_536 } }, /not 65536/],
    ['a port below', { ...ipv4, source: { address: '1.2.3.4', port: -1 } }, /not -1/],
    ['half a port', { ...ipv4, source: { address: '1.2.3.4', port: 1.5 } }, /not 1.5/],
    ['a local source', { ...local2, source }, /a 'local' header says nothing/],
    ['a local family', { ...local1, family: 'ipv4' }, /a 'local' header says nothing/],
    ['local TLVs', { ...local2, tlvs: [tlv(4, '')] }, /a 'local' header says nothing/],
    ['TLVs without a family', { ...untold, tlvs: [tlv(4, '')] }, /needs a family, too/],
    ['a source without a family', { ...untold, source }, /needs a family, too/],
    ['a transport without a family', { ...untold, transport: 'stream' }, /needs a family, too/],
    ['a type of TLV', { ...ipv4, tlvs: [tlv(256, '')] }, /type of a TLV must be an integer from 0 to 255, not 256/],
    ['text in a TLV', { ...ipv4, tlvs: [{ type: 2, value: 'a.b' }] }, /value of the TLV 2 must be a Uint8Array/],
    ['a long unique id', { ...ipv4, tlvs: [tlv(5, 'x'.repeat(129))] }, /at most 128 bytes, not 129/],
    ['a short checksum', { ...ipv4, tlvs: [tlv(3, '')] }, /at most one checksum .* takes 4 bytes/],
    ['two checksums', { ...ipv4, tlvs: [tlv(3, '1234'), tlv(3, '1234')] }, /at most one checksum/],
    ['a short SSL', { ...ipv4, tlvs: [tlv(0x20, 'x')] }, /at least 5 bytes, not 1/],
    ['too much', { ...ipv4, tlvs: [{ type: 4, value: Buffer.alloc(5000) }] }, /5015 bytes is over the limit of 4096/],
    ['a long path', unix('x'.repeat(109), ''), /a path of at most 108 bytes/],
    ['a long path of few characters', unix('ü'.repeat(55), ''), /a path of at most 108 bytes/],
    ['a zero byte in a path', unix('a\0b', ''), /without a zero byte/],
    ['a zero byte at the end', unix('\0a\0', ''), /without a zero byte/],
    ['half a character', unix('a\ud800', ''), /must be text/],
    ['a port of a unix socket', { ...unix('a', 'b'), source: { address: 'a', port: 1 } }, /a unix socket has no port/],
    ['unix in version 1', { ...unix('a', 'b'), version: 1 }, /version 1 tells of streams over 'ipv4' and 'ipv6' alone/],
    ['datagrams in version 1', { ...ipv4, version: 1, transport: 'datagram' }, /version 1 tells of streams/],
    ['no family in version 1', { version: 1, command: 'proxy' }, /version 1 tells of streams/],
    ['TLVs in version 1', { ...ipv4, version: 1, tlvs: [tlv(4, '')] }, /version 1 has no TLVs/],
  ])('%s is refused that cannot be told', (_name, header, message) => {
    expect(() => encode(header as ProxyHeader)).toThrow(EncodeError);
    expect(() => encode(header as ProxyHeader)).toThrow(message);
  });
});

describe('proxyTls', () => {
  const decoded = (hex: string): ProxyHeader => decodeNext(proxyHeader()(), new ByteReader(bytesOf(hex)))!;
  const texts = {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    signatureAlgorithm: 'RSA-SHA256',
    keyAlgorithm: 'RSA2048',
  };

  test('a client with a certificate', () => {
    const header = decoded(captured.certificate);
    const commonName = 'client.example';
    expect(proxyTls(header)).toEqual({ secure: true, certificate: true, verified: true, commonName, ...texts });
    expect(findTlv(header, ProxyTlvType.Authority)?.toString()).toBe('db.example');
    expect(findTlv(header, ProxyTlvType.Alpn)).toBeUndefined();
  });

  test('a client without one is not verified, though haproxy says that nothing went wrong', () => {
    expect(proxyTls(decoded(captured.tls))).toEqual({ secure: true, certificate: false, verified: false, ...texts });
  });

  test('a certificate that could not be verified', () => {
    const value = bytesOf('06 00000012');
    expect(proxyTls({ ...ipv4, tlvs: [{ type: ProxyTlvType.Ssl, value }] })).toEqual({
      secure: false,
      certificate: true,
      verified: false,
    });
  });

  test('nothing is said', () => {
    expect(proxyTls(ipv4)).toBeUndefined();
    expect(findTlv(local1, 1)).toBeUndefined();
  });

  test('a header of one’s own may be malformed', () => {
    expect(() => proxyTls({ ...ipv4, tlvs: [tlv(0x20, 'x')] })).toThrow(ProtocolError);
    expect(() => proxyTls({ ...ipv4, tlvs: [tlv(0x20, '12345!!!')] })).toThrow(ProtocolError);
  });
});

test('a header in words', () => {
  const inWords = (header: ProxyHeader): unknown => proxyHeader()().describe!(header);
  expect(inWords(local1)).toBe('PROXY v1 local');
  expect(inWords({ ...ipv4, tlvs: [tlv(4, ''), tlv(0xe0, '')] })).toBe(
    'PROXY v2 proxy, stream over ipv4, 192.168.0.1 port 56324 to 192.168.0.11 port 443, TLVs 0x04 0xe0',
  );
  expect(inWords(unix('/a', '\0b'))).toBe(String.raw`PROXY v2 proxy, stream over unix, "/a" to "\u0000b"`);
});

test.each<[ProxyHeaderOptions, string]>([
  [{ maxLenght: 3 } as ProxyHeaderOptions, "proxyHeader() has no option 'maxLenght'"],
  [{ maxLength: -1 }, 'maxLength must be an integer from 0 to 65535, not -1'],
  [{ maxLength: 65_536 }, 'maxLength must be an integer from 0 to 65535, not 65536'],
])('%o is refused at the call', (options, message) => {
  expect(() => proxyHeader(options)).toThrow(InvalidOptionError);
  expect(() => proxyHeader(options)).toThrow(message);
});

test('a value that was found is a Buffer', () => {
  expectTypeOf(findTlv(ipv4, 1)).toEqualTypeOf<Buffer | undefined>();
});
