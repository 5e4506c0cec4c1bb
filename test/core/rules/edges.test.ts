import { connect } from 'node:net';

import { line, type Line } from '@wirewright/codec-line';
import { Client, type ConnectionRefused, Exchange, protocol, Server, sniff, type SniffChoice } from '@wirewright/core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { Peer } from '../../support/peer.ts';

describe('15. Strangers', () => {
  const closing: { destroy(): void }[] = [];
  let ca: Identity;
  let identity: Identity;

  beforeAll(async () => {
    ca = await authority();
    identity = await issue(['127.0.0.1'], ca);
  });

  afterEach(() => {
    for (const one of closing.splice(0)) one.destroy();
  });

  function echo(): Server<string, Line> {
    const server = new Server<string, Line>({ codec: line() }).onRead((connection, text) => {
      connection.send(text === 'STARTTLS' ? 'go ahead' : `${connection.remoteAddress} ${text}`);
      return text === 'STARTTLS' ? connection.startTls(identity) : undefined;
    });
    closing.push(server);
    return server;
  }

  function client(): Client<string, Line> {
    const made = new Client<string, Line>({ codec: line() });
    closing.push(made);
    return made;
  }

  function said(server: Server<string, Line>, bytes: string): Peer {
    const peer = new Peer(connect(server.port!, '127.0.0.1'));
    closing.push(peer.socket);
    peer.socket.write(bytes);
    return peer;
  }

  test('Nobody is a connection before hands are shaken, and who does not get so far is refused in time.', async () => {
    const refused: ConnectionRefused[] = [];
    const connected: unknown[] = [];
    const server = new Server<string, Line>({ codec: line(), handshakeTimeout: 200 })
      .onConnect((connection) => connected.push(connection.name))
      .onRead((connection, text) => connection.send(text))
      .onRefuse((one) => refused.push(one));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1', tls: identity });
    await Promise.all([said(server, 'hello\n').closed, said(server, '').closed]);
    while (refused.length < 2) await new Promise(setImmediate);
    expect(refused.map(({ error }) => error.code)).toEqual(['WIRE_TLS_FAILED', 'WIRE_HANDSHAKE_TIMEOUT']);
    expect(connected).toEqual([]);
  });

  test('A client takes no server for another than the one that it was told to connect to.', async () => {
    const server = await echo().listen({ port: 0, host: '127.0.0.1', tls: identity });
    const place = { port: server.port!, host: '127.0.0.1' };
    await expect(client().connect({ ...place, tls: true })).rejects.toMatchObject({ code: 'WIRE_TLS_CERTIFICATE' });
    const elsewhere = { ca: ca.cert, servername: 'other.example' };
    await expect(client().connect({ ...place, tls: elsewhere })).rejects.toMatchObject({
      code: 'WIRE_TLS_CERTIFICATE',
    });
    const connection = await client().connect({ ...place, tls: { ca: ca.cert } });
    expect(connection.tls?.authorized).toBe(true);
  });

  test('STARTTLS is refused while plaintext is buffered.', async () => {
    const server = await echo().listen({ port: 0, host: '127.0.0.1' });
    const injected = said(server, 'STARTTLS\nDELETE everything\n');
    await injected.closed;
    expect(injected.text).toBe('go ahead\n');
    const connection = await client().connect({ port: server.port!, host: '127.0.0.1' });
    const exchange = new Exchange(connection);
    await exchange.request('STARTTLS', (text) => text);
    await connection.startTls({ ca: ca.cert });
    expect(await exchange.request('hello', (text) => text)).toBe('127.0.0.1 hello');
  });

  test('Only a proxy that is trusted says for whom it connects.', async () => {
    const header = 'PROXY TCP4 203.0.113.9 198.51.100.1 5000 443\r\n';
    const trusting = await echo().listen({ port: 0, host: '127.0.0.1', proxy: { from: ['127.0.0.1'] } });
    const believed = said(trusting, `${header}hello\n`);
    await believed.has('203.0.113.9 hello\n'.length);
    expect(believed.text).toBe('203.0.113.9 hello\n');
    const cautious = await echo().listen({ port: 0, host: '127.0.0.1', proxy: { from: ['192.0.2.0/24'] } });
    const forged = said(cautious, `${header}hello\n`);
    await forged.closed;
    expect([forged.text, cautious.counters.refused]).toEqual(['', 1]);
  });

  test('What a peer speaks is told by its first bytes, of which none is lost.', async () => {
    const speaking = (how: string): SniffChoice =>
      protocol(line(), { onRead: (connection, text) => connection.send(`${how} ${text}`) });
    const loud = speaking('loud');
    const quiet = speaking('quiet');
    const server = new Server<string, Line>({ codec: sniff((input) => (input.u8(0) === 0x21 ? loud : quiet)) });
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = said(server, '!hello\n');
    await peer.has('loud !hello\n'.length);
    expect(peer.text).toBe('loud !hello\n');
  });
});
