import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line, type Line } from '@wirewright/codec-line';
import { AddressInUseError, Client, Exchange, InvalidOptionError, ListenError, Server } from '@wirewright/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { authority, issue } from '../../support/certificates.ts';

describe.runIf(process.platform !== 'win32')('a unix socket', () => {
  let folder: string;
  const closing: { destroy(): void }[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
  });

  afterEach(() => {
    for (const one of closing.splice(0)) one.destroy();
    rmSync(folder, { recursive: true });
  });

  function echo(options = {}): Server<string, Line> {
    const server = new Server<string, Line>({ codec: line(), ...options }).onRead((connection, text) =>
      connection.send(`${String(connection.remoteAddress)} ${text}`),
    );
    closing.push(server);
    return server;
  }

  async function said(path: string, tls?: object): Promise<string> {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    return new Exchange(await client.connect({ path, ...(tls === undefined ? {} : { tls }) })).request(
      'hello',
      (text) => text,
    );
  }

  test('serves, and is gone when the server is closed', async () => {
    const path = join(folder, 'echo.sock');
    const server = await echo().listen({ path });
    expect([await said(path), server.address, server.port]).toEqual(['undefined hello', path, undefined]);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test.runIf(process.platform === 'linux')('may be an abstract one, which is no file', async () => {
    const path = `\0wirewright-${process.pid}`;
    const server = await echo().listen({ path });
    expect([await said(path), server.address]).toEqual(['undefined hello', path]);
    await expect(echo().listen({ path })).rejects.toThrow(`@wirewright-${process.pid} is in use`);
    await server.close();
    await expect(said(path)).rejects.toMatchObject({ code: 'WIRE_CONNECT_FAILED' });
  });

  test('has the permissions that it is to have', async () => {
    const path = join(folder, 'echo.sock');
    await echo().listen({ path, mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has no other permissions before', async () => {
    const path = join(folder, 'echo.sock');
    const before = process.umask(0);
    try {
      const listening = echo().listen({ path, mode: 0o600 });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      await listening;
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  });

  test('is left behind by a process, and replaced once, however many would', async () => {
    const path = join(folder, 'echo.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', script]).on('exit', resolve));
    const results = await Promise.allSettled([1, 2, 3].map(() => echo().listen({ path })));
    expect(results.map(({ status }) => status).filter((status) => status === 'fulfilled')).toHaveLength(1);
    expect(await said(path)).toBe('undefined hello');
  });

  test('replaces one that a process has left behind, and none that is served', async () => {
    const path = join(folder, 'echo.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', script]).on('exit', resolve));
    expect(existsSync(path)).toBe(true);
    await echo().listen({ path });
    expect(await said(path)).toBe('undefined hello');
    await expect(echo().listen({ path })).rejects.toThrow(AddressInUseError);
    expect(await said(path)).toBe('undefined hello');
  });

  test('needs a folder', async () => {
    await expect(echo().listen({ path: join(folder, 'missing', 'echo.sock') })).rejects.toThrow(
      /its folder is missing, or this user may not write to it/,
    );
  });

  test('does not replace a file', async () => {
    const path = join(folder, 'precious');
    writeFileSync(path, 'data');
    await expect(echo().listen({ path })).rejects.toThrow(ListenError);
    expect(statSync(path).size).toBe(4);
  });

  test('can be encrypted, for a name that the client expects', async () => {
    const ca = await authority();
    const path = join(folder, 'echo.sock');
    await echo().listen({ path, tls: await issue(['echo.example'], ca) });
    expect(await said(path, { ca: ca.cert, servername: 'echo.example' })).toBe('undefined hello');
    await expect(said(path, { ca: ca.cert, servername: 'other.example' })).rejects.toMatchObject({
      code: 'WIRE_TLS_CERTIFICATE',
    });
  });

  test('is open to all whom its permissions let in, whatever addresses may connect', async () => {
    const path = join(folder, 'echo.sock');
    await echo({ allow: ['192.0.2.1'], deny: ['127.0.0.1'] }).listen({ path });
    expect(await said(path)).toBe('undefined hello');
  });

  test.each([
    [{ port: 0, mode: 0o600 }, /goes with a path/],
    [{ path: '\0abstract', mode: 0o600 }, /goes with a path/],
    [{ path: '/x', mode: 0o1000 }, /mode must be/],
  ])('cannot be had with %o', async (options, message) => {
    await expect(echo().listen(options)).rejects.toThrow(InvalidOptionError);
    await expect(echo().listen(options)).rejects.toThrow(message);
  });
});
