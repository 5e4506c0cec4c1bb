import { Buffer } from 'node:buffer';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

import { ByteReader, decodeNext, encodeMessage, ProtocolError, proxyHeader } from '@wirewright/core/codec';
import { expect, test } from 'vitest';

import { random } from '../../support/random.ts';

const codec = proxyHeader()();

/** How the codec writes `address`, or undefined when it takes it for none. */
function addressIn(keyword: 'TCP4' | 'TCP6', address: string): string | undefined {
  const other = keyword === 'TCP4' ? '1.2.3.4' : '::1';
  const line = Buffer.from(`PROXY ${keyword} ${other} ${address} 1 2\r\n`);
  try {
    return decodeNext(codec, new ByteReader(line))!.destination!.address;
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return undefined;
  }
}

/** How Node does. It knows zones, a header has none. */
function addressInNode(family: 'ipv4' | 'ipv6', address: string): string | undefined {
  const valid = family === 'ipv4' ? isIPv4(address) : isIPv6(address) && !address.includes('%');
  return valid ? new SocketAddress({ address, family }).address : undefined;
}

const chosen = `
  :: ::1 ::2 1:: ::1.2.3.4 ::ffff:1.2.3.4 ::FFFF:102:304 ::102:304 ::1:0 ::ffff:0:0 ::ffff:0:1.2.3.4
  64:ff9b::1.2.3.4 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 ::01.2.3.4 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8
  1::3:4:5:6:7:8 1:2:3:4::5:6:7:8 1:2:3:4:5:6:7:8:: 1::2::3 1:0:0:2:0:0:0:3 1:0:0:0:2:0:0:3 1:0:0:2:3:0:0:4
  0:0:0:1:0:0:0:1 1:0:2:3:4:5:6:7 2001:DB8::00A : ::: :::1 1::: :1 1: ::1: :1:: 12345:: ::g 1.2.3.4
  1.2.3.4:: ::1.2.3.4:1 0.0.0.0 255.255.255.255 256.1.1.1 01.2.3.4 1.2.3 1.2.3.4. .1.2.3 1..2.3 1.2.3.4.5 1
  ::ffff:1.2.3 ::1.2.3.256 fe80::1%lo 0x1.2.3.4 1e1.2.3.4 -1.2.3.4
`.split(/\s+/);

test.each(chosen)('%j is to the codec what it is to Node', (address) => {
  expect(addressIn('TCP4', address)).toBe(addressInNode('ipv4', address));
  expect(addressIn('TCP6', address)).toBe(addressInNode('ipv6', address));
});

test('so are 5000 that are made up', () => {
  const next = random(3);
  const below = (n: number): number => Math.floor(next() * n);
  const group = (): string => (next() < 0.4 ? '0' : below(0x10000).toString(16));
  const octet = (): string => String(below(next() < 0.9 ? 256 : 300));
  const octets = (): string => Array.from({ length: next() < 0.9 ? 4 : 1 + below(6) }, octet).join('.');
  let valid = 0;
  for (let run = 0; run < 5000; run++) {
    const groups = Array.from({ length: next() < 0.5 ? 8 : 1 + below(9) }, group);
    // A gap is an empty group that stands for others.
    if (next() < 0.5) groups.splice(below(groups.length), below(groups.length + 1), '');
    if (next() < 0.2) groups.splice(-2, 2, octets());
    const address = next() < 0.2 ? octets() : groups.join(':');
    for (const [keyword, family] of [
      ['TCP4', 'ipv4'],
      ['TCP6', 'ipv6'],
    ] as const) {
      const expected = addressInNode(family, address);
      expect([address, addressIn(keyword, address)]).toEqual([address, expected]);
      if (expected !== undefined) valid++;
    }
  }
  expect(valid).toBeGreaterThan(1000);
  expect(valid).toBeLessThan(4000);
});

test('IPv6 in binary is written as it is in a line', () => {
  const next = random(4);
  for (let run = 0; run < 1000; run++) {
    const groups = Array.from({ length: 8 }, () => (next() < 0.6 ? 0 : Math.floor(next() * 0x10000)));
    const address = groups.map((group) => group.toString(16)).join(':');
    const expected = new SocketAddress({ address, family: 'ipv6' }).address;
    const end = { address, port: 1 };
    const header = { version: 2, command: 'proxy', family: 'ipv6', source: end, destination: end } as const;
    const bytes = encodeMessage(codec, header);
    expect(bytes.subarray(16, 32).toString('hex')).toBe(
      groups.map((group) => group.toString(16).padStart(4, '0')).join(''),
    );
    expect(decodeNext(codec, new ByteReader(bytes))!.source!.address).toBe(expected);
    expect(addressIn('TCP6', expected)).toBe(expected);
  }
});
