import { spawnSync } from 'node:child_process';
import { BlockList, connect } from 'node:net';

import { line, type Line } from '@wirewright/codec-line';
import {
  AddressDeniedError,
  type AdmissionOptions,
  type ConnectionRefused,
  InvalidOptionError,
  type ListenOptions,
  Server,
  TooManyConnectionsError,
} from '@wirewright/core';
import { afterEach, describe, expect, test } from 'vitest';

import { addressList, isListed } from '../../../packages/core/src/server/address-list.ts';
import { Peer } from '../../support/peer.ts';

const closing: { destroy(): void }[] = [];

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

/** What a peer that says hello from `from` to a server with `options` hears, and what the server is told. */
async function said(options: AdmissionOptions, from = '127.0.0.1'): Promise<[string, ...ConnectionRefused[]]> {
  const refused: ConnectionRefused[] = [];
  const server = new Server<string, Line>({ codec: line(), ...options })
    .onRead((connection, text) => connection.send(text))
    .onRefuse((one) => refused.push(one));
  closing.push(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const peer = new Peer(connect({ port: server.port!, host: '127.0.0.1', localAddress: from }));
  peer.socket.end('hello\n');
  await peer.closed;
  return [peer.text, ...refused];
}

describe('an address', () => {
  test.each<[string, AdmissionOptions]>([
    ['is not denied', { deny: ['127.0.0.2', '10.0.0.0/8'] }],
    ['is allowed', { allow: ['127.0.0.0/8'] }],
    ['is allowed, by itself', { allow: ['::1', '127.0.0.1'] }],
    ['is in no list', {}],
  ])('is served when it %s', async (_, options) => {
    expect(await said(options)).toEqual(['hello\n']);
  });

  test.each<[string, AdmissionOptions]>([
    ['is denied', { deny: ['127.0.0.0/8'] }],
    ['is not allowed', { allow: ['127.0.0.2/32'] }],
    ['is denied though it is allowed', { allow: ['127.0.0.0/8'], deny: ['127.0.0.1'] }],
    ['is denied where nobody is allowed', { allow: [] }],
  ])('is refused when it %s', async (_, options) => {
    const [text, refused] = await said(options);
    expect([text, refused?.error, refused?.remoteAddress]).toEqual(['', expect.any(AddressDeniedError), '127.0.0.1']);
    expect(refused?.error.message).toBe('127.0.0.1 may not connect (allow, deny)');
  });

  test('is told from its neighbour', async () => {
    expect(await said({ deny: ['127.0.0.2'] })).toEqual(['hello\n']);
    expect((await said({ deny: ['127.0.0.2'] }, '127.0.0.2'))[1]?.remoteAddress).toBe('127.0.0.2');
  });

  test('can be denied while the server runs, by a BlockList', async () => {
    const deny = new BlockList();
    expect(await said({ deny })).toEqual(['hello\n']);
    deny.addAddress('127.0.0.1');
    expect((await said({ deny }))[1]?.error).toBeInstanceOf(AddressDeniedError);
  });

  test('that has too many connections is told of, too', async () => {
    const refused: ConnectionRefused[] = [];
    const server = new Server({ codec: line(), maxConnectionsPerAddress: 1 })
      .onRead(() => {})
      .onRefuse((one) => refused.push(one));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peers = [1, 2].map(() => new Peer(connect(server.port!, '127.0.0.1')));
    await Promise.race(peers.map((peer) => peer.closed));
    expect(refused[0]?.error).toBeInstanceOf(TooManyConnectionsError);
    for (const peer of peers) peer.socket.destroy();
  });
});

test.each<[string, AdmissionOptions, ListenOptions]>([
  ['denied', { deny: ['127.0.0.1'] }, {}],
  ['not allowed', { allow: ['192.0.2.1'] }, {}],
  ['no proxy', {}, { proxy: { from: ['192.0.2.1'], fromUnix: true } }],
])('an address that is %s is so, too, when the peer has gone before it was accepted', async (_, options, listen) => {
  const refused: ConnectionRefused[] = [];
  const heard: string[] = [];
  const server = new Server<string, Line>({ codec: line(), ...options })
    .onRead((_connection, text) => heard.push(text))
    .onRefuse((one) => refused.push(one));
  closing.push(server);
  await server.listen({ port: 0, host: '127.0.0.1', ...listen });
  const script = `const socket = require('node:net').connect(${server.port}, '127.0.0.1', () =>
    socket.write('PROXY TCP4 203.0.113.9 198.51.100.1 1 2\\r\\nDROP TABLE\\n', () => socket.resetAndDestroy()));`;
  // Nothing is accepted meanwhile.
  spawnSync(process.execPath, ['-e', script]);
  await expect.poll(() => refused.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([heard, server.counters.accepted]).toEqual([[], 0]);
});

describe('a list of addresses', () => {
  test.each<[string, string, boolean]>([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '::1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.8', false],
  ])('of %s, asked for %s, says %s', (entry, address, listed) => {
    expect(isListed(addressList('allow', [entry]), address)).toBe(listed);
  });

  test.each<[unknown]>([
    [['10.0.0.0/33']],
    [['10.0.0/8']],
    [['localhost']],
    [['10.0.0.0/8/8']],
    [['10.0.0.0/']],
    [['10.0.0.0/-1']],
    [['10.0.0.0/08']],
    [['fe80::1%eth0']],
    [['10.0.0.0/0x8']],
    [['']],
    [[7]],
    ['10.0.0.0/8'],
    [{}],
    [null],
  ])('is none that is %o', (allow) => {
    expect(() => new Server({ allow: allow as never })).toThrow(InvalidOptionError);
    expect(() => new Server({ deny: allow as never })).toThrow(/deny/);
  });
});
