import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { requests, Status } from '@wirewright/codec-memcached-binary';
import { InvalidOptionError } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { MemcachedServer, MemoryStore, type Store } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { issue } from '../support/certificates.ts';
import { Peer } from '../support/peer.ts';
import { afterwards, serve, statsOf, Talk, talkTo } from './scene.ts';

describe('protocols', () => {
  test('are chosen by the first byte, connection by connection, and share their items', async () => {
    const server = await serve();
    const [text, binary] = [await talkTo(server), await talkTo(server)];
    expect(await text.text('set k 7 0 5\r\nhello\r\n')).toBe('STORED\r\n');
    const [hit] = await binary.binary(requests.get('k'));
    expect([hit!.text(), hit!.flags, hit!.cas]).toEqual(['hello', 7, 1n]);
    await binary.binary(requests.set('b', Buffer.from('\0\r\n'), { flags: 9 }));
    expect(await text.text('mg b v f\r\n')).toBe('VA 3 f9\r\n\0\r\n\r\n');
  });

  test.each([
    ['text', '\x80', 'ERROR\r\n'],
    ['binary', 'get k\r\n', ''],
  ] as const)('other than %s are not spoken when that is the only one', async (protocol, bytes, answer) => {
    const talk = await talkTo(await serve({ protocol }));
    talk.send(`${bytes}${' '.repeat(24)}\r\n`);
    if (protocol === 'binary') expect(await talk.rest()).toBe(answer);
    else expect(await talk.text('')).toBe(answer);
  });

  test.each(['1.6.18', '1.6.45'] as const)('answer as memcached %s does', async (compat) => {
    const talk = await talkTo(await serve({ compat }));
    const old = compat === '1.6.18';
    expect(await talk.text('version\r\n')).toBe(`VERSION ${compat}\r\n`);
    expect(await talk.text('get\r\n')).toBe(old ? 'ERROR\r\n' : 'CLIENT_ERROR bad command line format\r\n');
    expect(await talk.text('shutdown\r\n')).toBe(`${old ? '' : 'SERVER_'}ERROR: shutdown not enabled\r\n`);
  });

  test('go on after a value that is too large, and the old one is gone', async () => {
    const server = await serve({ maxItemSize: 2048 });
    const [text, binary] = [await talkTo(server), await talkTo(server)];
    const large = 'x'.repeat(5000);
    expect(await text.text(`set k 0 0 1\r\n1\r\nset k 0 0 5000\r\n${large}\r\nget k\r\n`)).toBe(
      'STORED\r\nSERVER_ERROR object too large for cache\r\nEND\r\n',
    );
    await binary.binary(requests.set('b', '1'));
    const [refused, gone] = await binary.binary(requests.set('b', large), requests.get('b'));
    expect([refused!.status, gone!.status]).toEqual([Status.TooLarge, Status.KeyNotFound]);
    expect(server.counters.storeTooLarge).toBe(2);
    // A key in base64 is not the key whose letters it is made of.
    const key = Buffer.from('k').toString('base64');
    expect(await text.text(`set k 0 0 1\r\n1\r\nset ${key} 0 0 1\r\n2\r\nms ${key} 5000 b\r\n${large}\r\n`)).toBe(
      'STORED\r\nSTORED\r\nSERVER_ERROR object too large for cache\r\n',
    );
    expect(await text.text(`get k ${key}\r\n`)).toBe(`VALUE ${key} 0 1\r\n2\r\nEND\r\n`);
  });
});

describe('a place', () => {
  test('is port 11211 unless another is named', async () => {
    const server = new MemcachedServer();
    await server.listen().catch((error: { code: string }) => expect(error.code).toBe('WIRE_ADDRESS_IN_USE'));
    if (server.port !== undefined) expect(server.port).toBe(11_211);
    await server.close();
  });

  test('can be a unix socket, or behind TLS, beside another', async () => {
    const server = await serve();
    const path = join(tmpdir(), `wirewright-memcached-${process.pid}.sock`);
    await server.listen({ path });
    afterwards(() => rm(path, { force: true }));
    const identity = await issue(['localhost']);
    await server.listen({ port: 0, host: '127.0.0.1', tls: identity });
    const { port } = server.addresses[2] as { port: number };
    expect(await (await talkTo(path)).text('set k 0 0 1\r\n1\r\n')).toBe('STORED\r\n');
    const socket = connectTls({ port, host: '127.0.0.1', ca: identity.cert, servername: 'localhost' });
    await once(socket, 'secureConnect');
    afterwards(async () => socket.destroy());
    expect(await new Talk(new Peer(socket)).text('get k\r\n')).toBe('VALUE k 0 1\r\n1\r\nEND\r\n');
    expect(statsOf(await (await talkTo(path)).text('stats settings\r\n'))).toMatchObject({
      domain_socket: path,
      ssl_enabled: 'yes',
    });
  });
});

describe('time', () => {
  test('passes by the clock of the server: items expire, and the idle are closed', async () => {
    const clock = new FakeClock();
    let wall = 1_700_000_000_000;
    const store = new MemoryStore({ wall: () => wall });
    const server = await serve({ clock, store, idleTimeout: 60_000 });
    const talk = await talkTo(server);
    await talk.text('set k 0 10 1\r\n1\r\n');
    wall += 11_000;
    expect(await talk.text('get k\r\n')).toBe('VALUE k 0 1\r\n1\r\nEND\r\n');
    clock.advance(1000);
    expect(await talk.text('get k\r\n')).toBe('END\r\n');
    const kicks = async (): Promise<string | undefined> =>
      statsOf(await (await talkTo(server)).text('stats\r\n'))['idle_kicks'];
    expect(await kicks()).toBe('0');
    for (let i = 0; i < 80; i++) clock.advance(1000);
    expect(await talk.rest()).toBe('');
    // Both, and the one that asked before.
    await expect.poll(kicks, { timeout: 5000 }).toBe('2');
    const lasting = await serve();
    expect(await (await talkTo(lasting)).text('stats\r\n')).not.toContain('idle_kicks');
  });
});

test("a store of one's own can stand behind it", async () => {
  const inner = new MemoryStore();
  const asked: string[] = [];
  const store: Store = {
    get lastCas() {
      return inner.lastCas;
    },
    get: (key) => {
      asked.push(key.buffer.toString('latin1', key.start, key.end));
      return inner.get(key);
    },
    peek: (key) => inner.peek(key),
    store: (...args) => inner.store(...args),
    delete: (...args) => inner.delete(...args),
    arithmetic: (...args) => inner.arithmetic(...args),
    touch: (...args) => inner.touch(...args),
    claim: (key) => inner.claim(key),
    flush: (delay) => inner.flush(delay),
    items: () => inner.items(),
    tick: () => inner.tick(),
  };
  const talk = await talkTo(await serve({ store }));
  expect(await talk.text('set k 0 0 1\r\n1\r\nget k\r\nmg k v\r\nincr k 1\r\nstats items\r\n')).toBe(
    'STORED\r\nVALUE k 0 1\r\n1\r\nEND\r\nVA 1\r\n1\r\n2\r\nEND\r\n',
  );
  expect(asked).toEqual(['k', 'k']);
});

test.each<object>([
  { codec: () => {} },
  { maxItemSize: 10 },
  { maxItemSize: 2 ** 31 },
  { memoryLimit: 5 },
  { protocol: 'udp' },
  { compat: '1.5' },
  { users: {} },
  { users: { ann: 5 } },
  { prefixDelimiter: '' },
  { allowFlush: 'no' },
  { store: {} },
  { store: new MemoryStore(), memoryLimit: 2 ** 26 },
  { unknown: 1 },
])('a server cannot be had with %o', (options) => {
  expect(() => new MemcachedServer(options as never)).toThrow(InvalidOptionError);
});
