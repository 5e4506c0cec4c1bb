import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line, type Line } from '@wirewright/codec-line';
import { CertificateError, Client, type ConnectionRefused, Exchange, Server, TlsError } from '@wirewright/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../support/certificates.ts';
import { freePort, program, Running } from '../support/programs.ts';

const openssl = program('openssl');

describe.runIf(openssl !== undefined)('openssl', () => {
  let folder: string;
  let ca: Identity;
  let identity: Identity;
  const closing: { destroy(): void }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    ca = await authority();
    identity = await issue(['localhost', '127.0.0.1'], ca);
    file('ca.pem', ca.cert);
    file('server.pem', `${identity.cert}\n${identity.key}\n`);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(() => {
    for (const one of closing.splice(0)) one.destroy();
  });

  function file(name: string, text?: string): string {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  function run(...args: string[]): Running {
    const running = new Running(openssl!, args);
    closing.push(running);
    return running;
  }

  /** A server that says what it hears, encrypted from the start or once it is asked for in the words of SMTP. */
  async function served(options: object, startTls = false): Promise<{ at: string; refused: ConnectionRefused[] }> {
    const refused: ConnectionRefused[] = [];
    const server = new Server<string, Line>({ codec: line({ newline: 'crlf' }) })
      .onConnect((connection) => void (startTls && connection.send('220 ready')))
      .onRead((connection, text) => {
        if (startTls && text.startsWith('EHLO')) {
          connection.send('250-localhost');
          connection.send('250 STARTTLS');
        } else if (startTls && text === 'STARTTLS') {
          connection.send('220 go ahead');
          return connection.startTls(identity);
        } else {
          connection.send(`echo ${text}`);
        }
        return undefined;
      })
      .onRefuse((one) => refused.push(one));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1', ...options });
    return { at: `127.0.0.1:${server.port}`, refused };
  }

  const verifying = (): string[] => [
    '-CAfile',
    file('ca.pem'),
    '-verify_return_error',
    '-verify_hostname',
    'localhost',
  ];

  test.each(['-tls1_2', '-tls1_3'])(
    's_client %s talks with our server, whose certificate it verifies',
    async (version) => {
      const { at } = await served({ tls: { ...identity, ALPNProtocols: ['lines'] } });
      const client = run('s_client', '-connect', at, version, '-crlf', '-alpn', 'lines', ...verifying());
      client.say('hello\n');
      await client.says(/echo hello/);
      expect(client.output).toMatch(/Verify return code: 0 \(ok\)/);
      expect(client.output).toMatch(/ALPN protocol: lines/);
    },
  );

  test('s_client starts TLS as SMTP does', async () => {
    const { at } = await served({}, true);
    const client = run('s_client', '-connect', at, '-starttls', 'smtp', '-crlf', ...verifying());
    await client.says(/Verify return code: 0 \(ok\)/);
    client.say('hello\n');
    await client.says(/echo hello/);
  });

  test('s_client resumes its session, without another full handshake', async () => {
    const { at } = await served({ tls: identity });
    const session = file('session.pem');
    const first = run('s_client', '-connect', at, '-tls1_2', '-crlf', '-sess_out', session, ...verifying());
    first.say('hello\n');
    await first.says(/echo hello/);
    const second = run('s_client', '-connect', at, '-tls1_2', '-crlf', '-sess_in', session, ...verifying());
    second.say('again\n');
    await second.says(/echo again/);
    expect(second.output).toMatch(/Reused, TLSv1.2/);
  });

  test('s_client without a certificate is refused where one is asked for', async () => {
    const { at, refused } = await served({ tls: { ...identity, ca: ca.cert, requestCert: true } });
    const client = run('s_client', '-connect', at, '-crlf', ...verifying());
    await client.says(/alert certificate required|:error:|CONNECTED/);
    while (refused.length === 0) await new Promise(setImmediate);
    expect(refused[0]?.error).toBeInstanceOf(CertificateError);
  });

  test('s_server is talked to by our client', async () => {
    const port = await freePort();
    const server = run(
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      file('server.pem'),
      '-rev',
      '-naccept',
      '4',
    );
    await server.says(/ACCEPT/);
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const place = { port, host: '127.0.0.1' };
    const exchange = new Exchange(await client.connect({ ...place, tls: { ca: ca.cert, servername: 'localhost' } }));
    expect(await exchange.request('hello', (text) => text)).toBe('olleh');
    client.current?.destroy();
    await expect(client.connect({ ...place, tls: { ca: ca.cert, servername: 'other.example' } })).rejects.toThrow(
      /for another name/,
    );
    await expect(client.connect({ ...place, tls: true })).rejects.toThrow(CertificateError);
  });

  test('s_server that only speaks an old version is not talked to', async () => {
    const port = await freePort();
    const server = run('s_server', '-accept', `127.0.0.1:${port}`, '-cert', file('server.pem'), '-tls1_2');
    await server.says(/ACCEPT/);
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const tls = { ca: ca.cert, minVersion: 'TLSv1.3' } as const;
    await expect(client.connect({ port, host: '127.0.0.1', tls })).rejects.toThrow(TlsError);
  });
});
