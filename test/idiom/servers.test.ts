import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line } from '@wirewright/codec-line';
import { type ConnectionRefused, InvalidOptionError, Server, type ServerOptions } from '@wirewright/core';
import { JobServer } from '@wirewright/gearman';
import { MemcachedServer } from '@wirewright/memcached';
import { QuasizeroServer } from '@wirewright/quasizero';
import { describe, expect, onTestFinished, test } from 'vitest';

interface Service {
  readonly name: string;
  readonly usualPort: number | undefined;
  make(options?: Pick<ServerOptions<unknown>, 'maxConnections' | 'idleTimeout' | 'deny'>): Server<never, never>;
}

const services: readonly Service[] = [
  {
    name: 'Server',
    usualPort: undefined,
    make: (options) => new Server({ ...options, codec: line() }) as unknown as Server<never, never>,
  },
  {
    name: 'MemcachedServer',
    usualPort: 11211,
    make: (options) => new MemcachedServer(options) as unknown as Server<never, never>,
  },
  { name: 'JobServer', usualPort: 4730, make: (options) => new JobServer(options) as unknown as Server<never, never> },
  {
    name: 'QuasizeroServer',
    usualPort: 11300,
    make: (options) => new QuasizeroServer({}, options) as unknown as Server<never, never>,
  },
];

describe.each(services)('$name', ({ name, make, usualPort }) => {
  function made(options?: Parameters<Service['make']>[0]): Server<never, never> {
    const server = make(options);
    onTestFinished(async () => {
      server.destroy();
      await server.close();
    });
    return server;
  }

  test('listens at a place that is a text, an object or a path', async () => {
    const server = made();
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-idiom-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'socket');
    await server.listen('127.0.0.1:0');
    await server.listen({ host: '127.0.0.1', port: 0 });
    await server.listen(path);
    expect(server.addresses).toHaveLength(3);
    expect(server.addresses[2]).toBe(path);
  });

  test.each<[string, unknown]>([
    ['an empty text', ''],
    ['too many colons', 'a:b:c'],
    ['a port that is none', '127.0.0.1:70000'],
    ['a host and a path', { host: 'a', path: '/b' }],
    ['a slip of the pen', { prot: 1 }],
    ['null', null],
  ])('refuses to listen at %s', async (_what, place) => {
    await expect(made().listen(place as string)).rejects.toThrow(InvalidOptionError);
  });

  test('has the usual port of its protocol, if it has one', async () => {
    // An address that nobody has here: what matters is the port that was tried.
    const listening = made().listen('192.0.2.1');
    if (usualPort === undefined) await expect(listening).rejects.toThrow(InvalidOptionError);
    else await expect(listening).rejects.toThrow(`192.0.2.1:${usualPort}`);
  });

  test.each<[string, object]>([
    ['maxConnections', { maxConnections: 0 }],
    ['idleTimeout', { idleTimeout: 0 }],
    ['keepAlive', { keepAlive: 5 }],
    ['timeouts', { timeouts: 5 }],
  ])('refuses a wrong %s at once, and names it', (option, options) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({
        code: 'WIRE_INVALID_OPTION',
        message: expect.stringContaining(option) as string,
      }) as Error,
    );
  });

  test('refuses whom it shall, tells onRefuse, and counts it', async () => {
    const refused: ConnectionRefused[] = [];
    const server = made({ deny: ['127.0.0.1'] }).onRefuse((one) => refused.push(one));
    await server.listen('127.0.0.1:0');
    const socket = connect(server.port!, '127.0.0.1').resume();
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => refused.map(({ error }) => error.code)).toEqual(['WIRE_ADDRESS_DENIED']);
    expect(server.counters).toMatchObject({ accepted: 0, refused: 1, open: 0 });
  });

  test('says whose option is none', () => {
    expect(() => make({ timeouts: 5 } as never)).toThrow(`new ${name}() has no option 'timeouts'`);
  });

  test('has counters of one moment', async () => {
    const server = made();
    await server.listen('127.0.0.1:0');
    const before = server.counters;
    const socket = connect(server.port!, '127.0.0.1').resume();
    await expect.poll(() => server.counters).toMatchObject({ accepted: 1, open: 1 });
    expect(before).toMatchObject({ accepted: 0, open: 0 });
    socket.destroy();
  });

  test('closes in good order, with counts; a second call gets the same promise', async () => {
    const server = made();
    await server.listen('127.0.0.1:0');
    const socket = connect(server.port!, '127.0.0.1').resume();
    await expect.poll(() => server.connections.size).toBe(1);
    const closing = server.close();
    expect(server.close()).toBe(closing);
    expect(await closing).toEqual({ drained: 1, destroyed: 0 });
    expect(await server.closed).toEqual({ drained: 1, destroyed: 0 });
    socket.destroy();
  });

  test('declares each hook once', () => {
    const server = made().onConnect(() => {});
    expect(() => server.onConnect(() => {})).toThrow(/onConnect is declared already/);
    expect(() => server.onClose(5 as never)).toThrow(/onClose takes a function/);
  });
});
