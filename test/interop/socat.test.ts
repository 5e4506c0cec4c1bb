import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line, type Line } from '@wirewright/codec-line';
import { Client, Exchange, type ListenOptions, Server } from '@wirewright/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../support/certificates.ts';
import { program, Running } from '../support/programs.ts';

const socat = program('socat');

describe.runIf(socat !== undefined)('socat', () => {
  let folder: string;
  let ca: Identity;
  let identity: Identity;
  const closing: { destroy(): void }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    ca = await authority();
    identity = await issue(['localhost', '127.0.0.1'], ca);
    writeFileSync(join(folder, 'ca.pem'), ca.cert);
    writeFileSync(join(folder, 'server.pem'), `${identity.cert}\n${identity.key}\n`);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(() => {
    for (const one of closing.splice(0)) one.destroy();
  });

  function run(...args: string[]): Running {
    const running = new Running(socat!, args);
    closing.push(running);
    return running;
  }

  function served(options: ListenOptions): Promise<Server<string, Line>> {
    const server = new Server<string, Line>({ codec: line() }).onRead((connection, text) =>
      connection.send(`echo ${text}`),
    );
    closing.push(server);
    return server.listen(options);
  }

  test('talks with our server over TLS', async () => {
    const server = await served({ port: 0, host: '127.0.0.1', tls: identity });
    const client = run('-', `OPENSSL:127.0.0.1:${server.port},cafile=${join(folder, 'ca.pem')}`);
    client.say('hello\n');
    await client.says(/echo hello/);
  });

  test.runIf(process.platform === 'linux')('talks with our server over unix sockets, abstract ones, too', async () => {
    const path = join(folder, 'echo.sock');
    await served({ path });
    const named = run('-', `UNIX-CONNECT:${path}`);
    named.say('hello\n');
    await named.says(/echo hello/);
    const name = `wirewright-socat-${process.pid}`;
    await served({ path: `\0${name}` });
    // Node fills the name up with zeros to the length that the kernel has room for; other programs can be told to.
    const padded = readFileSync('/proc/net/unix', 'latin1').includes(`@${name}@`);
    const abstract = run('-', `ABSTRACT-CONNECT:${name}${padded ? ',unix-tightsocklen=0' : ''}`);
    abstract.say('hello\n');
    await abstract.says(/echo hello/);
  });

  test('is talked to by our client over TLS and a unix socket', async () => {
    const secure = run(
      '-d',
      '-d',
      `OPENSSL-LISTEN:0,bind=127.0.0.1,cert=${join(folder, 'server.pem')},verify=0`,
      'PIPE',
    );
    await secure.says(/listening on .*:\d+/);
    const port = Number(/listening on .*:(\d+)/.exec(secure.output)![1]);
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const encrypted = new Exchange(await client.connect({ port, host: '127.0.0.1', tls: { ca: ca.cert } }));
    expect(await encrypted.request('hello', (text) => text)).toBe('hello');
    const path = join(folder, 'socat.sock');
    const plain = run('-d', '-d', `UNIX-LISTEN:${path}`, 'PIPE');
    await plain.says(/listening on/);
    const local = new Exchange(await client.connect({ path }));
    expect(await local.request('hello', (text) => text)).toBe('hello');
  });
});
