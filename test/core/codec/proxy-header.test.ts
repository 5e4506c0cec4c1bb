import { Buffer } from 'node:buffer';

import {
  ByteReader,
  decodeNext,
  EncodeError,
  encodeMessage,
  findTlv,
  InvalidOptionError,
  ProtocolError,
  proxyHeader,
  type ProxyHeader,
  type ProxyHeaderOptions,
  proxyTls,
  ProxyTlvType,
} from '@wirewright/core/codec';
import { codecVectors } from '@wirewright/core/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { random } from '../../support/random.ts';
import {
  accepted,
  binary,
  bytesOf,
  captured,
  IPV4,
  ipv4,
  IPV6,
  ipv6,
  local1,
  local2,
  refused,
  SIGNATURE,
  tlv,
  unix,
  untold,
} from './proxy-table.ts';

describe('accepted', () => {
  for (const { name, run } of codecVectors('proxyHeader()', proxyHeader(), accepted)) test(name, run);
});

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
