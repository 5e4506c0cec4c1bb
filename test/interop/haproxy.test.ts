import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line, type Line } from '@wirewright/codec-line';
import { Client, type ConnectionRefused, Exchange, type ListenOptions, Server } from '@wirewright/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../support/certificates.ts';
import { Peer } from '../support/peer.ts';
import { accepting, freePort, program, Running } from '../support/programs.ts';

const haproxy = program('haproxy');

describe.runIf(haproxy !== undefined)('haproxy', () => {
  let folder: string;
  let ca: Identity;
  let identity: Identity;
  const closing: { destroy(): void }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    ca = await authority();
    identity = await issue(['localhost', '127.0.0.1'], ca);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(() => {
    for (const one of closing.splice(0)) one.destroy();
  });

  interface Proxied {
    readonly front: number;
    readonly server: Server<string, Line>;
    readonly refused: ConnectionRefused[];
    readonly running: Running;
  }

  /** Our server, which says who it is that speaks, and haproxy in front of it, which sends `header`; `more` is of its configuration. */
  async function proxied(
    header: string,
    options: Partial<ListenOptions> = {},
    path?: string,
    more: string[] = [],
  ): Promise<Proxied> {
    const refused: ConnectionRefused[] = [];
    const server = new Server<string, Line>({ codec: line() })
      .onRead((connection, text) => {
        const { remoteAddress, remotePort, localPort, proxyHeader } = connection;
        connection.send(`v${proxyHeader?.version} ${remoteAddress} ${remotePort} ${localPort} ${text}`);
      })
      .onRefuse((one) => refused.push(one));
    closing.push(server);
    const proxy = { from: ['127.0.0.1'], fromUnix: true };
    await server.listen(path === undefined ? { port: 0, host: '127.0.0.1', proxy, ...options } : { path, proxy });
    const front = await freePort();
    const config = join(folder, `${front}.cfg`);
    writeFileSync(
      config,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.1:${front}
${more.map((each) => `  ${each}\n`).join('')}  server back ${path ?? `127.0.0.1:${server.port}`} ${header}
`,
    );
    const running = new Running(haproxy!, ['-f', config, '-db']);
    closing.push(running);
    await accepting(running, { port: front, host: '127.0.0.1' });
    return { front, server, refused, running };
  }

  function soon(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 10));
  }

  test.each([
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
    ['send-proxy-v2 proxy-v2-options crc32c,unique-id', 2],
  ])('with %s tells our server who speaks', async (header, version) => {
    const { front } = await proxied(header);
    const peer = new Peer(connect({ port: front, host: '127.0.0.1', localAddress: '127.0.0.7' }));
    await new Promise((resolve) => peer.socket.once('connect', resolve));
    const { localPort } = peer.socket;
    peer.socket.write('hello\n');
    const reply = `v${version} 127.0.0.7 ${localPort} ${front} hello\n`;
    await peer.has(reply.length);
    expect(peer.text).toBe(reply);
    peer.socket.destroy();
  });

  test.each(['send-proxy', 'send-proxy-v2'])('with %s goes in front of TLS that it does not end', async (header) => {
    const { front } = await proxied(header, { tls: identity });
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const exchange = new Exchange(await client.connect({ port: front, host: '127.0.0.1', tls: { ca: ca.cert } }));
    expect(await exchange.request('hello', (text) => text)).toMatch(/^v\d 127\.0\.0\.1 \d+ \d+ hello$/);
  });

  test('reaches our server over a unix socket', async () => {
    const { front } = await proxied('send-proxy-v2', {}, join(folder, 'back.sock'));
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const exchange = new Exchange(await client.connect({ port: front, host: '127.0.0.1' }));
    expect(await exchange.request('hello', (text) => text)).toMatch(/^v2 127\.0\.0\.1 \d+ \d+ hello$/);
  });

  test('is served when it looks whether the server is well, and tells of nobody', async () => {
    const check = ['option tcp-check', 'tcp-check send hello\\n', 'tcp-check expect rstring ^v2.127.0.0.1'];
    const { server, refused, running } = await proxied('send-proxy-v2 check inter 50', {}, undefined, check);
    while (server.counters.messagesIn < 3) await soon();
    expect(server.counters.closed).not.toHaveProperty('hook-error');
    expect(running.output).not.toContain('DOWN');
    expect(refused).toEqual([]);
  });

  test('breaks off when it has seen that the server is there', async () => {
    const { server, refused } = await proxied('send-proxy-v2 check inter 50');
    while (server.counters.accepted + server.counters.refused < 3) await soon();
    expect(server.counters.closed).not.toHaveProperty('hook-error');
    // Whether Node has accepted it by then is a matter of chance.
    expect(refused.filter(({ error }) => error.code !== 'WIRE_UNAVAILABLE')).toEqual([]);
  });

  test('that sends no header is told from one that does', async () => {
    const { front, refused } = await proxied('');
    const peer = new Peer(connect(front, '127.0.0.1'));
    peer.socket.write('hello\n');
    await peer.closed;
    expect(refused.at(-1)?.error.code).toMatch(/^WIRE_/);
    expect(peer.text).toBe('');
  });

  test('is not believed when nobody trusts its address', async () => {
    const { front, refused } = await proxied('send-proxy', { proxy: { from: ['192.0.2.0/24'] } });
    const peer = new Peer(connect(front, '127.0.0.1'));
    peer.socket.write('hello\n');
    await peer.closed;
    expect([peer.text, refused.at(-1)?.error.code]).toEqual(['', 'WIRE_UNTRUSTED_PROXY']);
  });
});
