import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { line, type Line } from '@wirewright/codec-line';
import {
  type Connection,
  type ConnectionRefused,
  HandshakeTimeoutError,
  InvalidOptionError,
  type ListenOptions,
  RefusedError,
  Server,
  type ServerOptions,
  UntrustedProxyError,
} from '@wirewright/core';
import { encodeMessage, type ProxyHeader, proxyHeader } from '@wirewright/core/codec';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { Peer } from '../../support/peer.ts';

const closing: { destroy(): void }[] = [];
let ca: Identity;
let identity: Identity;

beforeAll(async () => {
  ca = await authority();
  identity = await issue(['localhost'], ca);
});

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

interface Proxied {
  readonly server: Server<string, Line>;
  readonly connected: Connection<string, Line>[];
  readonly refusal: Promise<ConnectionRefused>;
  peer(): Promise<Peer>;
}

/** A server that says who it is that speaks to it, and from where its peers seem to come. */
async function proxied(options: Partial<ListenOptions> = {}, more: ServerOptions<string, Line> = {}): Promise<Proxied> {
  const connected: Connection<string, Line>[] = [];
  const server = new Server<string, Line>({ codec: line(), ...more })
    .onConnect((connection) => connected.push(connection))
    .onRead((connection, text) => connection.send(`${connection.remoteAddress} ${connection.remotePort} ${text}`));
  const refusal = new Promise<ConnectionRefused>((resolve) => server.onRefuse(resolve));
  closing.push(server);
  await server.listen({ port: 0, host: '127.0.0.1', proxy: { from: ['127.0.0.0/8'] }, ...options });
  return {
    server,
    connected,
    refusal,
    async peer() {
      const socket = connect({ port: server.port!, host: '127.0.0.1', noDelay: true });
      closing.push(socket);
      const peer = new Peer(socket);
      await new Promise((resolve) => socket.once('connect', resolve));
      return peer;
    },
  };
}

function header(address: string, version: 1 | 2 = 2): Buffer {
  const message: ProxyHeader = {
    version,
    command: 'proxy',
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    source: { address, port: 5000 },
    destination: { address: address.includes(':') ? '2001:db8::1' : '198.51.100.1', port: 443 },
  };
  return encodeMessage(proxyHeader()(), message);
}

async function reply(peer: Peer, expected: string): Promise<void> {
  await peer.has(expected.length);
  expect(peer.text).toBe(expected);
}

describe('a server behind a proxy', () => {
  test.each<[string, 1 | 2]>([
    ['203.0.113.9', 1],
    ['203.0.113.9', 2],
    ['2001:db8::9', 1],
    ['2001:db8::9', 2],
  ])('takes %s of version %s for the peer', async (address, version) => {
    const { peer, connected } = await proxied();
    const speaking = await peer();
    speaking.socket.write(Buffer.concat([header(address, version), Buffer.from('hello\nagain\n')]));
    await reply(speaking, `${address} 5000 hello\n${address} 5000 again\n`);
    expect(connected[0]).toMatchObject({ remoteAddress: address, localPort: 443, proxyHeader: { version } });
  });

  test('does not mind in which pieces the header comes', async () => {
    const { peer } = await proxied();
    const bytes = Buffer.concat([header('203.0.113.9', 1), Buffer.from('hello\n')]);
    for (let cut = 1; cut < bytes.length; cut += 7) {
      const speaking = await peer();
      speaking.socket.write(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      speaking.socket.write(bytes.subarray(cut));
      await reply(speaking, '203.0.113.9 5000 hello\n');
      speaking.socket.destroy();
    }
  });

  test('calls onConnect when the header is there, not before', async () => {
    const { peer, connected } = await proxied();
    const speaking = await peer();
    const bytes = header('203.0.113.9');
    speaking.socket.write(bytes.subarray(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(connected).toEqual([]);
    speaking.socket.write(bytes.subarray(-1));
    await expect.poll(() => connected.length).toBe(1);
    expect(connected[0]!.remoteAddress).toBe('203.0.113.9');
  });

  test('takes the proxy itself for the peer when it tells of nobody', async () => {
    const { peer } = await proxied();
    for (const local of [
      Buffer.from('PROXY UNKNOWN\r\n'),
      encodeMessage(proxyHeader()(), { version: 2, command: 'local' }),
    ]) {
      const speaking = await peer();
      speaking.socket.write(Buffer.concat([local, Buffer.from('hello\n')]));
      await reply(speaking, `127.0.0.1 ${speaking.socket.localPort} hello\n`);
    }
  });

  test('shakes hands behind the header, though both come in one piece', async () => {
    const { peer } = await proxied({ tls: identity });
    const speaking = await peer();
    // The header goes out in front of what TLS writes.
    speaking.socket.cork();
    speaking.socket.write(header('203.0.113.9'));
    const secure = connectTls({ socket: speaking.socket, ca: ca.cert, servername: 'localhost' });
    speaking.socket.uncork();
    const secret = new Peer(secure);
    secure.write('hello\n');
    await reply(secret, '203.0.113.9 5000 hello\n');
    secure.destroy();
  });

  test('counts and denies those that the proxy tells of', async () => {
    const { peer, server, refusal } = await proxied({}, { maxConnectionsPerAddress: 1, deny: ['198.51.100.0/24'] });
    const say = async (address: string): Promise<Peer> => {
      const speaking = await peer();
      speaking.socket.write(Buffer.concat([header(address), Buffer.from('hello\n')]));
      return speaking;
    };
    const first = await say('203.0.113.1');
    await reply(first, '203.0.113.1 5000 hello\n');
    await reply(await say('203.0.113.2'), '203.0.113.2 5000 hello\n');
    const denied = await say('198.51.100.7');
    await denied.closed;
    expect((await refusal).error).toMatchObject({ code: 'WIRE_ADDRESS_DENIED', message: /198\.51\.100\.7/ });
    const second = await say('203.0.113.1');
    await second.closed;
    expect([denied.text, second.text, server.counters.refused]).toEqual(['', '', 2]);
    first.socket.destroy();
    while (server.counters.open > 1) await new Promise(setImmediate);
    await reply(await say('203.0.113.1'), '203.0.113.1 5000 hello\n');
  });

  test('reads from a socket that its listener has paused', async () => {
    const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const server = new Server<string, Line>({ codec: line() }).onRead((connection, text) =>
      connection.send(`${connection.remoteAddress} ${text}`),
    );
    closing.push(server);
    server.serve(listener, { proxy: { from: ['127.0.0.1'] } });
    const speaking = new Peer(connect(server.port!, '127.0.0.1'));
    closing.push(speaking.socket);
    speaking.socket.write(Buffer.concat([header('203.0.113.9'), Buffer.from('hello\n')]));
    await reply(speaking, '203.0.113.9 hello\n');
  });

  test('believes nobody whose address it does not trust, whatever is said', async () => {
    const { peer, refusal, connected } = await proxied({ proxy: { from: ['192.0.2.0/24'] } });
    const forging = await peer();
    forging.socket.write(Buffer.concat([header('203.0.113.9'), Buffer.from('hello\n')]));
    const { error, remoteAddress } = await refusal;
    expect([error, remoteAddress]).toEqual([expect.any(UntrustedProxyError), '127.0.0.1']);
    expect(error.message).toMatch(/^127\.0\.0\.1 is not trusted/);
    await forging.closed;
    expect([forging.text, connected]).toEqual(['', []]);
  });

  test('serves a forged header to whoever has no proxy in front as what it is: bytes of the protocol', async () => {
    const server = new Server<string, Line>({ codec: line() }).onRead((connection, text) => connection.send(text));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = new Peer(connect(server.port!, '127.0.0.1'));
    closing.push(peer.socket);
    peer.socket.write('PROXY TCP4 203.0.113.9 198.51.100.1 1 2\r\n');
    await reply(peer, 'PROXY TCP4 203.0.113.9 198.51.100.1 1 2\n');
    const [connection] = server.connections;
    expect([connection?.remoteAddress, connection?.proxyHeader]).toEqual(['127.0.0.1', undefined]);
  });

  test.each<[string, (socket: Socket) => unknown, string]>([
    ['is none', (socket) => socket.write('GET / HTTP/1.1\r\n\r\n'), 'WIRE_PROTOCOL'],
    ['is too long', (socket) => socket.write(`PROXY UNKNOWN ${'x'.repeat(200)}`), 'WIRE_PROTOCOL'],
    ['has a bad address', (socket) => socket.write('PROXY TCP4 999.0.0.1 1.1.1.1 1 2\r\n'), 'WIRE_PROTOCOL'],
    ['is cut off', (socket) => socket.end('PROXY TCP4 '), 'WIRE_TRUNCATED'],
    ['does not come', (socket) => socket.end(), 'WIRE_TRUNCATED'],
    [
      'is broken off',
      (socket) => socket.write('PROXY ', () => setTimeout(() => socket.resetAndDestroy(), 10)),
      'WIRE_SOCKET',
    ],
  ])('refuses a header that %s, and serves the others', async (_, send, code) => {
    const { peer, refusal, server } = await proxied();
    const good = await peer();
    good.socket.write(Buffer.concat([header('203.0.113.9'), Buffer.from('hello\n')]));
    await reply(good, '203.0.113.9 5000 hello\n');
    const bad = await peer();
    send(bad.socket);
    expect((await refusal).error.code).toBe(code);
    await bad.closed;
    good.socket.write('again\n');
    await reply(good, '203.0.113.9 5000 hello\n203.0.113.9 5000 again\n');
    expect(server.counters).toMatchObject({ accepted: 1, refused: 1, open: 1 });
  });

  test('tells of a peer that could not be let in for a reason that nobody foresaw', async () => {
    class Full extends Server<string, Line> {
      protected override connectionOpened(): void {
        throw new Error('no more books');
      }
    }
    const full = new Full({ codec: line() });
    closing.push(full);
    const refusal = new Promise<ConnectionRefused>((resolve) => full.onRefuse(resolve));
    await full.listen({ port: 0, host: '127.0.0.1', proxy: { from: ['127.0.0.0/8'] } });
    const socket = connect({ port: full.port!, host: '127.0.0.1' });
    closing.push(socket);
    socket.write(header('203.0.113.9'));
    const { error } = await refusal;
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ code: 'WIRE_REFUSED', message: 'no more books', cause: new Error('no more books') });
  });

  test('waits for a header that never ends no longer than for a handshake, and so for the handshake behind it', async () => {
    for (const tls of [undefined, identity]) {
      const clock = new FakeClock();
      const { peer, refusal } = await proxied({ tls }, { clock, handshakeTimeout: 500 });
      const slow = await peer();
      slow.socket.write('PROXY TCP4 203.');
      await new Promise((resolve) => setTimeout(resolve, 20));
      clock.advance(600);
      const { error } = await refusal;
      expect(error).toBeInstanceOf(HandshakeTimeoutError);
      expect(error.message).toMatch(/the PROXY header/);
      await slow.closed;
    }
  });

  test.each<[unknown, RegExp]>([
    [{}, /proxy\.from/],
    [{ from: ['example.com'] }, /neither an address nor a network/],
    [{ from: ['10.0.0.0/8'], trust: true }, /no option 'trust'/],
    [{ from: [], fromUnix: 1 }, /true or false/],
    [true, /must be an object/],
  ])('cannot be had with %o', async (proxy, message) => {
    const listening = proxied({ proxy: proxy as never });
    await expect(listening).rejects.toThrow(InvalidOptionError);
    await expect(listening).rejects.toThrow(message);
  });
});
