import { connect as connectNet } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { line, type Line } from '@wirewright/codec-line';
import {
  CertificateError,
  Client,
  type Connection,
  type ConnectionRefused,
  ConnectTimeoutError,
  Exchange,
  HandshakeTimeoutError,
  InvalidOptionError,
  type ListenOptions,
  Server,
  type ServerOptions,
  TlsError,
} from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { Peer } from '../../support/peer.ts';

let ca: Identity;
let server: Identity;
const closing: { destroy(): void }[] = [];

beforeAll(async () => {
  ca = await authority();
  server = await issue(['localhost', '127.0.0.1'], ca);
});

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

interface Listening {
  readonly server: Server<string, Line>;
  readonly place: { port: number; host: string };
  readonly refused: ConnectionRefused[];
  /** Resolves with the next one that is refused. */
  refusal(): Promise<ConnectionRefused>;
}

async function listen(
  options: Omit<ListenOptions, 'port'>,
  serverOptions: ServerOptions<string, Line> = {},
): Promise<Listening> {
  const refused: ConnectionRefused[] = [];
  const waiting: ((refused: ConnectionRefused) => void)[] = [];
  const echo = new Server<string, Line>({ codec: line(), ...serverOptions })
    .onRead((connection, text) => connection.send(text))
    .onRefuse((one) => {
      refused.push(one);
      for (const resolve of waiting.splice(0)) resolve(one);
    });
  closing.push(echo);
  await echo.listen({ port: 0, host: '127.0.0.1', ...options });
  const refusal = (): Promise<ConnectionRefused> => new Promise((resolve) => waiting.push(resolve));
  return { server: echo, place: { port: echo.port!, host: '127.0.0.1' }, refused, refusal };
}

function client(options = {}): Client<string, Line> {
  const made = new Client<string, Line>({ codec: line(), ...options });
  closing.push(made);
  return made;
}

async function echoed(connection: Connection<string, Line>, text: string): Promise<string> {
  const [reply] = await ask(connection, [text]);
  return reply!;
}

async function ask(connection: Connection<string, Line>, texts: readonly string[]): Promise<string[]> {
  for (const text of texts) connection.send(text);
  const replies: string[] = [];
  for await (const reply of connection) if (replies.push(reply) === texts.length) break;
  return replies;
}

describe('TLS', () => {
  test('carries messages both ways, large and small', async () => {
    const { place } = await listen({ tls: server }, { codec: line({ maxLength: 2 ** 21 }) });
    const connection = await client({ codec: line({ maxLength: 2 ** 21 }) }).connect({
      ...place,
      tls: { ca: ca.cert },
    });
    expect(connection.tls).toMatchObject({ encrypted: true, authorized: true });
    const texts = Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(i % 10 === 0 ? 100_000 : i)}`);
    expect(await ask(connection, texts)).toEqual(texts);
  });

  test('agrees on a protocol by ALPN, which says what codec is plugged in', async () => {
    const seen: unknown[] = [];
    const echo = new Server<string, Line>().onConnect((connection) => {
      seen.push(connection.tls?.alpnProtocol, connection.tls?.servername);
      connection.setCodec(line(), { onRead: (_, text) => connection.send(`${connection.tls!.alpnProtocol} ${text}`) });
    });
    closing.push(echo);
    await echo.listen({ port: 0, tls: { ...server, ALPNProtocols: ['lines/2', 'lines/1'] } });
    const connection = await client().connect({
      port: echo.port!,
      tls: { ca: ca.cert, ALPNProtocols: ['lines/1'] },
    });
    expect(await echoed(connection, 'hello')).toBe('lines/1 hello');
    expect([...seen, connection.tls?.alpnProtocol]).toEqual(['lines/1', 'localhost', 'lines/1']);
  });

  test('is refused where the protocols have nothing in common', async () => {
    const { place, refusal } = await listen({ tls: { ...server, ALPNProtocols: ['lines/2'] } });
    const refused = refusal();
    const connecting = client().connect({ ...place, tls: { ca: ca.cert, ALPNProtocols: ['mail'] } });
    await expect(connecting).rejects.toThrow(TlsError);
    expect((await refused).error).toMatchObject({ code: 'WIRE_TLS_FAILED' });
  });

  test('has a certificate for each name, and new ones while it runs', async () => {
    const other = await issue(['other.example'], ca);
    const secure = createTlsServer(server);
    secure.addContext('other.example', other);
    const { place } = await listen({ tls: secure });
    const tls = { ca: ca.cert, servername: 'other.example' };
    const named = await client().connect({ ...place, tls });
    expect(named.tls?.getPeerCertificate().subjectaltname).toBe('DNS:other.example');
    const first = await client().connect({ ...place, tls: { ca: ca.cert } });
    const renewed = await issue(['127.0.0.1'], ca);
    secure.setSecureContext(renewed);
    const second = await client().connect({ ...place, tls: { ca: ca.cert } });
    expect([first, second].map((one) => one.tls?.getPeerCertificate().subjectaltname)).toEqual([
      'DNS:localhost, IP Address:127.0.0.1',
      'IP Address:127.0.0.1',
    ]);
  });

  test('knows its clients by their certificates', async () => {
    const alice = await issue(['alice'], ca);
    const tls = { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
    const echo = new Server<string, Line>({ codec: line() }).onRead((connection) =>
      connection.send(String(connection.tls?.getPeerCertificate().subject.CN)),
    );
    closing.push(echo);
    await echo.listen({ port: 0, tls });
    const connection = await client().connect({ port: echo.port!, tls: { ca: ca.cert, ...alice } });
    expect(await echoed(connection, 'who am I?')).toBe('alice');
  });

  test('runs a listener of node:tls as well', async () => {
    const listener = createTlsServer(server).listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const echo = new Server<string, Line>({ codec: line() }).onRead((connection, text) => connection.send(text));
    closing.push(echo);
    echo.serve(listener);
    const connection = await client().connect({ port: echo.port!, host: '127.0.0.1', tls: { ca: ca.cert } });
    expect(await echoed(connection, 'hello')).toBe('hello');
  });

  test('goes for a pool, whose connections check the certificate each', async () => {
    const { place } = await listen({ tls: server });
    const pool = client().pool({ ...place, tls: { ca: ca.cert } }, { maxConnections: 4, window: 1 });
    const asked = Array.from({ length: 20 }, (_, i) => pool.request(`${i}`, (text) => text));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    const untrusting = client().pool({ ...place, tls: true });
    await expect(untrusting.request('hello', (text) => text)).rejects.toThrow(CertificateError);
  });

  test('ends in good order on both sides', async () => {
    const { server: echo, place } = await listen({ tls: server });
    const connection = await client().connect({ ...place, tls: { ca: ca.cert } });
    expect(await echoed(connection, 'hello')).toBe('hello');
    await connection.closed;
    expect(await echo.close()).toEqual({ drained: 0, destroyed: 0 });
    expect(echo.counters).toMatchObject({ accepted: 1, closed: { peer: 1 } });
  });

  test('answers what was received before the server closes', async () => {
    const echo = new Server<string, Line>({ codec: line() }).onRead(async (connection, text) => {
      await new Promise(setImmediate);
      connection.send(text);
    });
    closing.push(echo);
    await echo.listen({ port: 0, host: '127.0.0.1', tls: server });
    const connection = await client().connect({ port: echo.port!, host: '127.0.0.1', tls: { ca: ca.cert } });
    const texts = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const text of texts) connection.send(text);
    const replies: string[] = [];
    let closed: Promise<unknown> | undefined;
    for await (const reply of connection) {
      replies.push(reply);
      closed ??= echo.close();
    }
    expect(replies).toEqual(texts);
    expect(await closed).toEqual({ drained: 1, destroyed: 0 });
  });
});

test('answers a backlog that waits in the kernel before the server closes', async () => {
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const echo = new Server<string, Line>({ codec: line() }).onRead((connection, text) => {
    connection.send(text);
    return text === 'hold' ? held : undefined;
  });
  closing.push(echo);
  await echo.listen({ port: 0, host: '127.0.0.1', tls: server });
  const made = await client().connect({ port: echo.port!, host: '127.0.0.1', tls: { ca: ca.cert } });
  const replies = (async () => {
    let count = 0;
    for await (const text of made) if (text !== 'hold') count++;
    return count;
  })();
  made.send('hold');
  await expect.poll(() => echo.counters.messagesIn).toBe(1);
  for (let i = 0; i < 100_000; i++) made.send(`line ${i}`);
  // All of it has left this end, and next to nothing of it was read at the other.
  await expect.poll(() => made.bufferedBytes).toBe(0);
  const closed = echo.close();
  release();
  expect(await closed).toEqual({ drained: 1, destroyed: 0 });
  expect(await replies).toBe(100_000);
});

describe('a handshake that fails', () => {
  test.each<[string, () => Promise<Identity>, object, RegExp]>([
    ['is signed by nobody known', () => issue(['127.0.0.1']), {}, /signed by itself/],
    ['has expired', () => issue(['127.0.0.1'], ca, 0), {}, /has expired/],
    ['is for another name', () => issue(['other.example'], ca), {}, /for another name/],
    [
      'is not for the name that was expected',
      () => issue(['127.0.0.1'], ca),
      { servername: 'bank.example' },
      /another name/,
    ],
  ])('tells the client that the certificate %s', async (_, identity, options, message) => {
    const { server: echo, place } = await listen({ tls: await identity() });
    const good = await listen({ tls: server });
    const connecting = client().connect({ ...place, tls: { ca: ca.cert, ...options } });
    await expect(connecting).rejects.toThrow(CertificateError);
    await expect(connecting).rejects.toThrow(message);
    const other = await client().connect({ ...good.place, tls: { ca: ca.cert } });
    expect(await echoed(other, 'others are served')).toBe('others are served');
    expect(echo.counters.closed).not.toHaveProperty('hook-error');
  });

  test.each<[string, () => Promise<Partial<Identity>>, RegExp]>([
    ['there is none', async () => ({}), /there is none/],
    ['is signed by nobody known', () => issue(['mallory']), /signed by itself|authority/],
    ['has expired', () => issue(['alice'], ca, 0), /has expired/],
  ])("tells the server what is wrong with its client's certificate: %s", async (_, identity, message) => {
    const tls = { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
    const { place, refusal, server: echo } = await listen({ tls });
    const refused = refusal();
    const alice = await issue(['alice'], ca);
    const good = await client().connect({ ...place, tls: { ca: ca.cert, ...alice } });
    const bad = await client()
      .connect({ ...place, tls: { ca: ca.cert, ...(await identity()) } })
      .catch(() => undefined);
    const { error, remoteAddress } = await refused;
    expect([error, remoteAddress]).toEqual([expect.any(CertificateError), '127.0.0.1']);
    expect(error.message).toMatch(message);
    await bad?.closed;
    expect(await echoed(good, 'others are served')).toBe('others are served');
    expect(echo.counters).toMatchObject({ accepted: 1, refused: 1 });
  });

  test('is one in plaintext, to a port that speaks TLS', async () => {
    const { place, refusal } = await listen({ tls: server });
    const refused = refusal();
    const peer = new Peer(connectNet(place));
    peer.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await refused).error).toMatchObject({
      code: 'WIRE_TLS_FAILED',
      message: expect.stringMatching(/is no TLS/),
    });
    await peer.closed;
  });

  test('is one in TLS, to a port that speaks plaintext', async () => {
    // One that waits for a line would say nothing of what it gets.
    const polite = new Server<string, Line>({ codec: line() }).onConnect((connection) => connection.send('220 ready'));
    closing.push(polite);
    await polite.listen({ port: 0, host: '127.0.0.1' });
    const connecting = client().connect({ port: polite.port!, host: '127.0.0.1', tls: true });
    await expect(connecting).rejects.toThrow(TlsError);
  });

  test('takes no longer than the deadline of the server, however little the peer says', async () => {
    const clock = new FakeClock();
    const { place, refusal } = await listen({ tls: server }, { clock, handshakeTimeout: 500 });
    const refused = refusal();
    const silent = new Peer(connectNet(place));
    const slow = new Peer(connectNet(place));
    await Promise.all([silent, slow].map((peer) => new Promise((resolve) => peer.socket.once('connect', resolve))));
    slow.socket.write(Buffer.from([22, 3, 1]));
    const good = new Exchange(await client().connect({ ...place, tls: { ca: ca.cert } }));
    // A client is through a little before its server.
    expect(await good.request('hello', (text) => text)).toBe('hello');
    clock.advance(600);
    expect((await refused).error).toBeInstanceOf(HandshakeTimeoutError);
    await Promise.all([silent.closed, slow.closed]);
    expect(await good.request('others are served', (text) => text)).toBe('others are served');
  });

  test('takes no longer than the deadline of the client', async () => {
    const mute = await listen({});
    mute.server.onConnect((connection) => connection.pause());
    const clock = new FakeClock();
    const connecting = client({ clock, connectTimeout: 300 }).connect({ ...mute.place, tls: true });
    connecting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(400);
    await expect(connecting).rejects.toThrow(ConnectTimeoutError);
  });

  test('is broken off by the peer', async () => {
    const { place, refusal } = await listen({ tls: server });
    const refused = refusal();
    const socket = connectNet(place);
    socket.on('connect', () => socket.resetAndDestroy());
    expect((await refused).error).toMatchObject({ code: 'WIRE_TLS_FAILED' });
  });

  test('is not waited for by a server that closes', async () => {
    const { server: echo, place, refusal } = await listen({ tls: server });
    const refused = refusal();
    const peer = new Peer(connectNet(place));
    await new Promise((resolve) => peer.socket.once('connect', resolve));
    const connection = await client().connect({ ...place, tls: { ca: ca.cert } });
    const exchange = new Exchange(connection);
    expect(await exchange.request('hello', (text) => text)).toBe('hello');
    expect(await echo.close({ grace: 60_000 })).toEqual({ drained: 1, destroyed: 0 });
    await peer.closed;
    expect((await refused).error).toMatchObject({ code: 'WIRE_UNAVAILABLE' });
  });

  test('does not stay when the server is destroyed', async () => {
    const { server: echo, place } = await listen({ tls: server });
    const peer = new Peer(connectNet(place));
    await new Promise((resolve) => peer.socket.once('connect', resolve));
    await new Promise(setImmediate);
    echo.destroy();
    await peer.closed;
    await echo.closed;
  });
});

test('a check of the name that throws at a certificate refuses it, and ends nothing else', async () => {
  const { place } = await listen({ tls: server });
  const checkServerIdentity = (): never => {
    throw new Error('what a strange certificate');
  };
  const connecting = client().connect({ ...place, tls: { ca: ca.cert, checkServerIdentity } });
  await expect(connecting).rejects.toThrow(/what a strange certificate/);
});

describe('what cannot be', () => {
  const place = { port: 1, host: '127.0.0.1' };
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['no certificate', () => listen({ tls: {} }), /key, cert/],
    ['a key that is none', () => listen({ tls: { key: 'x', cert: 'y' } }), /tls: /],
    ['true', () => listen({ tls: true as never }), /must be an object/],
    ['an authority that is none', () => client().connect({ ...place, tls: { ca: 'x', cert: 'y', key: 'z' } }), /tls: /],
    [
      'a list of protocols that is none',
      () =>
        listen({ tls: server }).then(({ place: there }) =>
          client().connect({ ...there, tls: { ca: ca.cert, ALPNProtocols: 5 as never } }),
        ),
      /tls: /,
    ],
    ['a name that is none', () => client().connect({ ...place, tls: { servername: 5 as never } }), /servername of tls/],
    ['a text', () => client().connect({ ...place, tls: 'yes' as never }), /must be an object/],
  ])('as the tls option is refused: %s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(InvalidOptionError);
    await expect(attempt()).rejects.toThrow(message);
  });

  test('is a second onRefuse', () => {
    const echo = new Server().onRefuse(() => {});
    expect(() => echo.onRefuse(() => {})).toThrow(InvalidOptionError);
  });
});

test('a socket of node:tls talks with our server, and its half-close is seen', async () => {
  const { place } = await listen({ tls: server });
  const socket = connectTls({ ...place, ca: ca.cert });
  const peer = new Peer(socket);
  socket.end('one\ntwo\n');
  await peer.closed;
  expect(peer.text).toBe('one\ntwo\n');
});
