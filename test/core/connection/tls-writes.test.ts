import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer, type TlsOptions, TLSSocket } from 'node:tls';

import { line } from '@wirewright/codec-line';
import { Connection } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { Peer } from '../../support/peer.ts';

const key = Buffer.alloc(32, 7);
const PSK = { ciphers: 'PSK', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined } as const;
const serverOptions: TlsOptions = { ...PSK, pskCallback: () => key };
const clientOptions = { ...PSK, pskCallback: () => ({ psk: key, identity: 'me' }) };

const opened: { destroy(): void }[] = [];
const listeners: Server[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.destroy();
  for (const one of listeners.splice(0)) one.close();
});

async function listen(listener: Server): Promise<{ port: number; host: string }> {
  listeners.push(listener);
  listener.on('connection', (socket: Socket) => opened.push(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { port: (listener.address() as AddressInfo).port, host: '127.0.0.1' };
}

/** Both ends of an encrypted connection. */
async function pair(): Promise<[TLSSocket, TLSSocket]> {
  const listener = createServer(serverOptions);
  const far = connectTls({ ...(await listen(listener)), ...clientOptions });
  opened.push(far);
  const [near] = (await once(listener, 'secureConnection')) as [TLSSocket];
  return [near, far];
}

/** Fills the slab from where the bytes of others lie, unless they keep their place. */
function overwrite(): void {
  for (const text of ['!', '?']) {
    const other = embed(line());
    other.connection.send(text.repeat(8000));
    other.connection.flush();
  }
}

/** Sends `texts` over `connection`, a write each, and others' in between. */
function sendEach(connection: Connection<string, string>, texts: readonly string[]): void {
  for (const text of texts) {
    connection.send(text);
    connection.flush();
    overwrite();
  }
}

const few = ['one', 'two', 'three'].map((text) => `${text} ${'-'.repeat(100)}`);
const all = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

describe('what is encrypted is what was sent, though others send right after it:', () => {
  test('to a peer that reads', async () => {
    const [near, far] = await pair();
    const peer = new Peer(far);
    const connection = Connection.over(near, line());
    let sent = '';
    for (let round = 0; round < 200; round++) {
      const text = `${round} `.repeat(round % 50);
      sent += all([text]);
      sendEach(connection, [text]);
      if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await peer.has(sent.length);
    expect(peer.text).toBe(sent);
  });

  test('by a writer of one slab, which a write that is encrypted gives back', async () => {
    const [near, far] = await pair();
    const peer = new Peer(far);
    const written: Uint8Array[] = [];
    const write = near.write.bind(near);
    near.write = (chunk: Uint8Array, ...rest: []) => {
      written.push(chunk);
      return write(chunk, ...rest);
    };
    const connection = Connection.over(near, line());
    for (let round = 1; round <= 3; round++) {
      connection.send('x'.repeat(500));
      connection.flush();
      await peer.has(501 * round);
    }
    expect(new Set(written.map(({ byteOffset }) => byteOffset)).size).toBe(1);
    expect(new Set(written.map(({ buffer }) => buffer)).size).toBe(1);
  });

  test('to a peer that does not read for a while', async () => {
    const [near, far] = await pair();
    far.pause();
    const connection = Connection.over(near, line());
    const texts = Array.from({ length: 2000 }, (_, i) => `${i} ${'z'.repeat(5000)}`);
    for (let i = 0; i < texts.length; i += 100) {
      sendEach(connection, texts.slice(i, i + 100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(connection.bufferedBytes).toBeGreaterThan(1_000_000);
    const peer = new Peer(far);
    far.resume();
    await peer.has(all(texts).length);
    expect(peer.text).toBe(all(texts));
  });

  test('before it is connected, and before it has shaken hands', async () => {
    const listener = createServer(serverOptions);
    const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>;
    const near = connectTls({ ...(await listen(listener)), ...clientOptions });
    opened.push(near);
    sendEach(Connection.over(near, line()), few);
    const peer = new Peer((await accepted)[0]);
    await peer.has(all(few).length);
    expect(peer.text).toBe(all(few));
  });

  test('on a socket that is connected, while the handshake lasts', async () => {
    const listener = createNetServer();
    const raw = connect(await listen(listener));
    opened.push(raw);
    const [[other]] = (await Promise.all([once(listener, 'connection'), once(raw, 'connect')])) as [[Socket], unknown];
    const near = connectTls({ socket: raw, ...clientOptions });
    expect(near.connecting).toBe(false);
    sendEach(Connection.over(near, line()), few);
    const far = new Promise<TLSSocket>((resolve) => {
      createServer(serverOptions, resolve).emit('connection', other);
    });
    const peer = new Peer(await far);
    await peer.has(all(few).length);
    expect(peer.text).toBe(all(few));
  });

  test('over a stream that is no socket', async () => {
    const [left, right] = duplexPair();
    const near = connectTls({ socket: left, ...clientOptions });
    opened.push(near);
    const far = new Promise<TLSSocket>((resolve) => {
      createServer(serverOptions, resolve).emit('connection', right);
    });
    sendEach(Connection.over(near, line()), few);
    const peer = new Peer(await far);
    await peer.has(all(few).length);
    sendEach(Connection.over(peer.socket, line()), few);
    expect(peer.text).toBe(all(few));
  });

  test('in several segments, and in several batches', async () => {
    const [near, far] = await pair();
    const peer = new Peer(far);
    const connection = Connection.over(near, lengthPrefixed());
    const expected: Buffer[] = [];
    for (const size of [10, 4000, 20, 3000, 30]) {
      const payload = Buffer.alloc(size, 97 + (size % 26));
      expected.push(Buffer.from([0, 0, size >> 8, size & 255]), payload);
      connection.send(payload);
      // It is no longer the writer's owner then: this batch waits, and another begins.
      if (size === 20) embed(line()).connection.send('in between');
    }
    connection.flush();
    overwrite();
    const bytes = Buffer.concat(expected);
    await peer.has(bytes.length);
    expect(Buffer.concat(peer.chunks).equals(bytes)).toBe(true);
  });

  test('while the socket is corked', async () => {
    const [near, far] = await pair();
    const peer = new Peer(far);
    const connection = Connection.over(near, line());
    near.cork();
    sendEach(connection, few);
    near.uncork();
    await peer.has(all(few).length);
    expect(peer.text).toBe(all(few));
  });
});
