import { connect as connectNet, createServer as createNetServer, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

import { line, type Line } from '@wirewright/codec-line';
import {
  CertificateError,
  Client,
  type CloseReason,
  Connection,
  Exchange,
  InvalidOptionError,
  PlaintextBufferedError,
  Server,
  TlsError,
  toDuplex,
  type WireError,
} from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { duplexPair } from '../../support/duplex-pair.ts';
import { Peer } from '../../support/peer.ts';

let ca: Identity;
let identity: Identity;
const closing: { destroy(): void }[] = [];

beforeAll(async () => {
  ca = await authority();
  identity = await issue(['localhost', '127.0.0.1'], ca);
});

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

/** Speaks lines, says `ready` and encrypts when asked by `STARTTLS`. */
describe('a server that starts TLS', () => {
  let server: Server<string, Line>;
  let place: { port: number; host: string };
  let clock: FakeClock;
  let errors: WireError[];
  let closed: Promise<CloseReason>;

  beforeEach(async () => {
    clock = new FakeClock();
    errors = [];
    let close!: (reason: CloseReason) => void;
    closed = new Promise((resolve) => {
      close = resolve;
    });
    server = new Server<string, Line>({ codec: line(), clock, handshakeTimeout: 500 })
      .onRead((connection, text) => {
        if (text !== 'STARTTLS') {
          connection.send(`${connection.tls === undefined ? 'plain' : 'secret'} ${text}`);
          return undefined;
        }
        connection.send('ready');
        return connection.startTls(identity);
      })
      .onError((_, error) => errors.push(error))
      .onClose((_, reason) => close(reason));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    place = { port: server.port!, host: '127.0.0.1' };
  });

  async function connected(): Promise<Peer> {
    const peer = new Peer(connectNet(place));
    await new Promise((resolve) => peer.socket.once('connect', resolve));
    return peer;
  }

  async function secured(socket: Socket): Promise<Peer> {
    const secure = connectTls({ socket, ca: ca.cert, servername: 'localhost' });
    const peer = new Peer(secure);
    await new Promise((resolve) => secure.once('secureConnect', resolve));
    return peer;
  }

  test('goes on with the same connection, encrypted', async () => {
    const plain = await connected();
    plain.socket.write('a\nb\nSTARTTLS\n');
    await plain.has('plain a\nplain b\nready\n'.length);
    expect(plain.text).toBe('plain a\nplain b\nready\n');
    plain.socket.removeAllListeners('data');
    const secret = await secured(plain.socket);
    secret.socket.write('c\nd\n');
    await secret.has('secret c\nsecret d\n'.length);
    expect(secret.text).toBe('secret c\nsecret d\n');
    expect(server.counters).toMatchObject({ accepted: 1, open: 1, messagesIn: 5, messagesOut: 5 });
    secret.socket.end();
    expect(await closed).toBe('peer');
    expect(errors).toEqual([]);
  });

  test('refuses plaintext that came behind the request: somebody may have put it there', async () => {
    const peer = await connected();
    peer.socket.write('STARTTLS\nRCPT TO:<mallory>\n');
    expect(await closed).toBe('protocol-error');
    expect(errors).toEqual([expect.any(PlaintextBufferedError)]);
    expect(server.counters).toMatchObject({ messagesIn: 1 });
    await peer.closed;
    // What was said before arrives; the injected line is never answered.
    expect(peer.text).toBe('ready\n');
  });

  test('refuses plaintext of which a codec has dropped a part', async () => {
    const started: Promise<unknown>[] = [];
    const dropping = new Server({ codec: line({ maxLength: 8, onTooLong: 'discard' }) }).onRead((connection) => {
      setImmediate(() => started.push(connection.startTls(identity)));
    });
    closing.push(dropping);
    await dropping.listen({ port: 0, host: '127.0.0.1' });
    const peer = new Peer(connectNet(dropping.port!, '127.0.0.1'));
    peer.socket.write(`STARTTLS\n${'x'.repeat(20)}`);
    await peer.closed;
    await expect(started[0]).rejects.toThrow(PlaintextBufferedError);
    await expect(started[0]).rejects.toThrow('20 bytes came');
  });

  test('takes plaintext that comes instead of a handshake for none, and closes', async () => {
    const peer = await connected();
    peer.socket.write('STARTTLS\n');
    await peer.has('ready\n'.length);
    peer.socket.write('RCPT TO:<mallory>\n');
    expect(await closed).toBe('tls-error');
    expect(errors).toEqual([expect.any(TlsError)]);
    expect(server.counters).toMatchObject({ messagesIn: 1 });
  });

  test('waits for the handshake no longer than the deadline', async () => {
    const peer = await connected();
    peer.socket.write('STARTTLS\n');
    await peer.has('ready\n'.length);
    clock.advance(600);
    expect(await closed).toBe('handshake-timeout');
    await peer.closed;
  });

  test('can be left in the midst of the handshake, by either side', async () => {
    const peer = await connected();
    peer.socket.write('STARTTLS\n');
    await peer.has('ready\n'.length);
    peer.socket.destroy();
    expect(await closed).toBe('tls-error');
    const other = await connected();
    other.socket.write('STARTTLS\n');
    await other.has('ready\n'.length);
    const [connection] = server.connections;
    expect(await connection!.close()).toBe('local');
    await other.closed;
  });

  test('has nobody to shake hands with when the peer has ended', async () => {
    const ended = new Server<string, Line>({ codec: line(), handshakeTimeout: false }).onRead(async (connection) => {
      while (connection.counters.bytesIn === 0 || !peer.socket.writableFinished) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return connection.startTls(identity);
    });
    closing.push(ended);
    await ended.listen({ port: 0, host: '127.0.0.1' });
    const peer = new Peer(connectNet({ port: ended.port!, host: '127.0.0.1', allowHalfOpen: true }));
    peer.socket.end('STARTTLS\n');
    await expect.poll(() => ended.counters.closed).toEqual({ 'tls-error': 1 });
    peer.socket.destroy();
  });

  test('starts it once', async () => {
    const plain = await connected();
    plain.socket.write('STARTTLS\n');
    await plain.has('ready\n'.length);
    plain.socket.removeAllListeners('data');
    const secret = await secured(plain.socket);
    secret.socket.write('x\n');
    await secret.has('secret x\n'.length);
    const [connection] = server.connections;
    await expect(connection!.startTls(identity)).rejects.toThrow(/encrypted already/);
    secret.socket.write('y\n');
    await secret.has('secret x\nsecret y\n'.length);
  });

  test('is closed in good order when it is asked to while hands are shaken by those who then talk', async () => {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const connection = await client.connect(place);
    const exchange = new Exchange(connection);
    expect(await exchange.request('STARTTLS', (text) => text)).toBe('ready');
    const started = connection.startTls({ ca: ca.cert });
    const asked = exchange.request('sent meanwhile', (text) => text);
    expect(await started).toBe(connection);
    expect(await asked).toBe('secret sent meanwhile');
    expect(await server.close()).toEqual({ drained: 1, destroyed: 0 });
  });
});

describe('a client that starts TLS', () => {
  /** Answers STARTTLS, with `more` behind it, and then speaks TLS as `who`. */
  async function answering(who: Identity, more = ''): Promise<{ port: number; host: string }> {
    const listener = createNetServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(`ready\n${more}`);
        const secure = new TLSSocket(socket, { isServer: true, ...who });
        secure.on('error', () => {});
        secure.on('data', (chunk) => secure.write(chunk));
      });
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    closing.push({ destroy: () => listener.close() });
    return { port: (listener.address() as { port: number }).port, host: '127.0.0.1' };
  }

  async function connected(place: {
    port: number;
    host: string;
  }): Promise<[Connection<string, Line>, Exchange<string, Line>]> {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const connection = await client.connect(place);
    return [connection, new Exchange(connection)];
  }

  test('checks the certificate for the host that it was connected to', async () => {
    const [connection, exchange] = await connected(await answering(identity));
    await exchange.request('STARTTLS', (text) => text);
    await connection.startTls({ ca: ca.cert });
    expect(connection.tls?.authorized).toBe(true);
    expect(await exchange.request('hello', (text) => text)).toBe('hello');
  });

  test('can end its side in the turn in which it starts: what it has sent goes first, encrypted', async () => {
    const heard: string[] = [];
    const server = new Server<string, Line>({ codec: line() }).onRead((connection, text) => {
      heard.push(`${connection.tls === undefined ? 'plain' : 'secret'} ${text}`);
      if (text !== 'STARTTLS') return undefined;
      connection.send('ready');
      return connection.startTls(identity);
    });
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const [connection, exchange] = await connected({ port: server.port!, host: '127.0.0.1' });
    await exchange.request('STARTTLS', (text) => text);
    const started = connection.startTls({ ca: ca.cert });
    connection.send('bye');
    connection.end();
    await started;
    await connection.closed;
    expect(heard).toEqual(['plain STARTTLS', 'secret bye']);
  });

  test('breaks off when that is for another, and whoever waits for a reply is told why', async () => {
    const [connection, exchange] = await connected(await answering(await issue(['other.example'], ca)));
    await exchange.request('STARTTLS', (text) => text);
    const started = connection.startTls({ ca: ca.cert });
    const asked = exchange.request('password', (text) => text);
    await expect(started).rejects.toThrow(CertificateError);
    await expect(asked).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST', reason: 'tls-error' });
    expect(connection.counters.bytesOut).toBe('STARTTLS\n'.length);
    expect(await connection.closed).toBe('tls-error');
  });

  test('refuses what the server, or somebody on the way, says in plaintext behind its answer', async () => {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const heard: string[] = [];
    let started: Promise<unknown> | undefined;
    client.onRead((connection, text) => {
      heard.push(text);
      started = connection.startTls({ ca: ca.cert });
    });
    const connection = await client.connect(await answering(identity, 'you have mail\n'));
    connection.send('STARTTLS');
    expect(await connection.closed).toBe('protocol-error');
    await expect(started).rejects.toThrow(PlaintextBufferedError);
    expect(heard).toEqual(['ready']);
  });

  test('is one by its options, on a stream of its own', async () => {
    const place = await answering(identity);
    const socket = connectNet(place);
    const connection = Connection.over<string, Line>(socket, line());
    const exchange = new Exchange(connection);
    await exchange.request('STARTTLS', (text) => text);
    await connection.startTls({ isServer: false, ca: ca.cert, servername: 'localhost' });
    expect(await exchange.request('hello', (text) => text)).toBe('hello');
    connection.destroy();
  });

  test('needs a socket, and options that TLS can be made with; else the connection goes on', async () => {
    const [end] = duplexPair();
    const connection = Connection.over<string, Line>(end, line());
    await expect(connection.startTls({ ca: ca.cert })).rejects.toThrow(/on a socket/);
    connection.destroy();
    const [onSocket, exchange] = await connected(await answering(identity));
    await expect(onSocket.startTls({ isServer: true })).rejects.toThrow(InvalidOptionError);
    expect(await exchange.request('hello', (text) => text)).toBe('ready');
  });

  test('cannot be one that is closed', async () => {
    const [connection] = await connected(await answering(identity));
    await connection.close();
    await expect(connection.startTls({ ca: ca.cert })).rejects.toMatchObject({ code: 'WIRE_CLOSED' });
  });
});

describe('plaintext behind what asked for TLS is refused, whoever takes the messages:', () => {
  test.each<[string, (connection: Connection<string, Line>) => AsyncIterable<string>]>([
    ['a loop', (connection) => connection],
    ['a stream', (connection) => toDuplex(connection) as AsyncIterable<string>],
  ])('%s', async (_, messagesOf) => {
    const heard: string[] = [];
    const started: Promise<unknown>[] = [];
    const server = new Server<string, Line>({ codec: line() }).onConnect((connection) => {
      void (async () => {
        for await (const text of messagesOf(connection)) {
          heard.push(text);
          if (text !== 'STARTTLS') continue;
          connection.send('ready');
          started.push(connection.startTls(identity));
        }
      })().catch(() => {});
    });
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = new Peer(connectNet(server.port!, '127.0.0.1'));
    peer.socket.write('STARTTLS\nRCPT TO:<mallory>\nDATA\n');
    await peer.closed;
    await expect(started[0]).rejects.toThrow(PlaintextBufferedError);
    // What was injected is never taken for part of the encrypted conversation: that there is none.
    await expect.poll(() => server.counters.closed).toEqual({ 'protocol-error': 1 });
  });
});

test('a reply that takes long to leave goes out in plaintext before the handshake', async () => {
  const big = 'x'.repeat(8 * 1024 * 1024);
  const server = new Server<string, Line>({ codec: line({ maxLength: 2 ** 24 }) }).onRead((connection) => {
    connection.send(big);
    return connection.tls === undefined ? connection.startTls(identity) : undefined;
  });
  closing.push(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const socket = connectNet(server.port!, '127.0.0.1');
  const plain = new Peer(socket);
  socket.pause();
  socket.write('STARTTLS\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resume();
  await plain.has(big.length + 1);
  expect(plain.bytes).toBe(big.length + 1);
  socket.removeAllListeners('data');
  const secure = connectTls({ socket, ca: ca.cert, servername: 'localhost' });
  const secret = new Peer(secure);
  secure.write('again\n');
  await secret.has(big.length + 1);
  expect(secret.bytes).toBe(big.length + 1);
});
