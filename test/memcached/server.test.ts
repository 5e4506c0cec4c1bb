import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import {
  memcachedBinaryClient,
  Opcode,
  type RequestFields,
  requests,
  Status,
} from '@wirewright/codec-memcached-binary';
import { InvalidOptionError } from '@wirewright/core';
import { encodeMessage } from '@wirewright/core/codec';
import { FakeClock } from '@wirewright/core/testing';
import { fatal, MemcachedServer, MemoryStore, type Store } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { issue } from '../support/certificates.ts';
import { Peer } from '../support/peer.ts';
import { afterwards, serve, Talk, talkTo } from './scene.ts';

/** The answer to `stats`, or to one of its kind, by name. */
function statsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.startsWith('STAT '))
      .map((line) => [line.split(' ')[1]!, line.split(' ').slice(2).join(' ')]),
  );
}

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
  });
});

describe('handlers', () => {
  test('answer commands in place of the store, at once or later, in order', async () => {
    const server = await serve({}, (it) => {
      it.handle('get', async (request) => {
        await new Promise(setImmediate);
        return [`VALUE ${request.key} 0 2`, 'hi', 'END'];
      });
      it.handle('hello', (request) => `HELLO ${request.tokens[1]}`);
      it.handle('set', () => undefined);
    });
    const talk = await talkTo(server);
    expect(await talk.text('get a\r\nhello world\r\nset k 0 0 1\r\n1\r\nget b\r\nversion\r\nbye\r\n')).toBe(
      'VALUE a 0 2\r\nhi\r\nEND\r\nHELLO world\r\nVALUE b 0 2\r\nhi\r\nEND\r\nVERSION 1.6.18\r\nERROR\r\n',
    );
    // What is malformed does not come to them.
    expect(await talk.text('get\r\n')).toBe('ERROR\r\n');
  });

  test('answer opcodes, and the quiet ones that do the same, of which nothing is said that is silent', async () => {
    const server = await serve({}, (it) => {
      it.handle(Opcode.Get, (request) => ({
        opcode: request.opcode,
        opaque: request.opaque,
        status: request.key === 'k' ? 0 : 1,
      }));
      it.handle(0xc0, async (request) => ({ opcode: request.opcode, value: `custom ${request.text()}` }));
    });
    const talk = await talkTo(server);
    const answers = await talk.binary(
      requests.get('k', { quiet: true, opaque: 1 }),
      requests.get('none', { quiet: true, opaque: 2 }),
      requests.get('none', { opaque: 3 }),
      { opcode: 0xc0, value: 'x', extras: Buffer.alloc(0) },
    );
    expect(answers.map(({ opaque, status }) => [opaque, status])).toEqual([
      [1, 0],
      [3, 1],
      [0, 0],
    ]);
    expect(answers[2]!.text()).toBe('custom x');
  });

  test('say nothing to who wants no reply, and end the connection with what is fatal', async () => {
    const server = await serve({}, (it) => {
      it.handle('incr', () => '1');
      it.handle('bye', () => fatal('BYE'));
      it.handle('gone', () => fatal());
      it.handle(Opcode.Noop, () => fatal());
    });
    const talk = await talkTo(server);
    expect(await talk.text('incr k 1 noreply\r\nincr k 1\r\n')).toBe('1\r\n');
    talk.send('bye\r\nversion\r\n');
    expect(await talk.rest()).toBe('BYE\r\n');
    const silent = await talkTo(server);
    silent.send('gone\r\n');
    expect(await silent.rest()).toBe('');
  });

  test('that fail are told of, to the client and to onError, and the connection goes on', async () => {
    const errors: string[] = [];
    const server = await serve({}, (it) => {
      it.handle('boom', () => {
        throw new Error('no\r\nway');
      });
      it.handle(Opcode.Version, () => Promise.reject(new Error('later')));
      it.onError((_, error) => errors.push(`${error.code}: ${error.message}`));
    });
    const talk = await talkTo(server);
    expect(await talk.text('boom\r\nversion\r\n')).toBe('SERVER_ERROR no way\r\nVERSION 1.6.18\r\n');
    const binary = await talkTo(server);
    const [failed] = await binary.binary(requests.version());
    expect([failed!.status, failed!.text()]).toEqual([0x84, 'later']);
    expect(errors).toEqual([
      'WIRE_HANDLER_FAILED: the handler of boom failed: no\r\nway',
      'WIRE_HANDLER_FAILED: the handler of 11 failed: later',
    ]);
  });

  test('are for commands and opcodes, one for each', () => {
    const server = new MemcachedServer();
    server.handle('get', () => 'END');
    for (const wrong of ['get', 'two words', '', 256, -1, 1.5] as const)
      expect(() => server.handle(wrong as string, () => 'x'), String(wrong)).toThrow(InvalidOptionError);
    expect(() => server.handle('x', 5 as never)).toThrow(InvalidOptionError);
  });
});

describe('a login', () => {
  const users = { ann: 'secret', bob: 'pass word' };

  test('by SASL PLAIN opens the binary protocol, and there is no other', async () => {
    const server = await serve({ users });
    const plain = (text: string) => requests.saslAuth('PLAIN', Buffer.from(text, 'latin1'));
    const stranger = await talkTo(server);
    stranger.send(Buffer.from('80000001000000000000000100000000000000000000000061', 'hex'));
    await stranger.peer.end();
    expect(Buffer.from(stranger.peer.text, 'latin1').readUInt16BE(6)).toBe(Status.AuthError);
    const text = await talkTo(server);
    text.send('get k\r\n'.padEnd(30));
    expect(await text.rest()).toBe('');

    const talk = await talkTo(server);
    const say = (message: RequestFields): void => {
      talk.send(encodeMessage(memcachedBinaryClient()(), message));
    };
    say(requests.saslList());
    say(plain('\0ann\0wrong'));
    say(plain('nonsense'));
    say(requests.saslAuth('CRAM-MD5', Buffer.from('x')));
    say(requests.version());
    const answers = await talk.binary(plain('\0bob\0pass word'), requests.set('k', 'v'), requests.get('k'));
    expect(answers.map(({ status }) => status)).toEqual([0, 0x20, 0x20, 0x20, 0, 0, 0, 0]);
    expect([answers[0]!.text(), answers[5]!.text(), answers[7]!.text()]).toEqual(['PLAIN', 'Authenticated', 'v']);
    expect([server.counters.authCmds, server.counters.authErrors]).toEqual([4, 3]);
  });

  test('by a first set opens the text protocol', async () => {
    const server = await serve({
      users: async (user, password) => user === 'ann' && password === 'x',
      protocol: 'text',
    });
    const talk = await talkTo(server);
    talk.send(`get k\r\nset a 0 0 3000\r\n${'x'.repeat(3000)}\r\n`);
    talk.send('set a 0 0 3\r\nann\r\nset a 0 0 5\r\nann y\r\nset a 0 0 5\r\nann x\r\n');
    expect(await talk.text('set k 0 0 1\r\n1\r\nget k\r\n')).toBe(
      [
        'CLIENT_ERROR unauthenticated',
        'CLIENT_ERROR auth token too long',
        'CLIENT_ERROR bad authentication token format',
        'CLIENT_ERROR authentication failure',
        'STORED',
        'STORED',
        'VALUE k 0 1',
        '1',
        'END',
        '',
      ].join('\r\n'),
    );
  });

  test('is not needed, nor known of, when there are no users', async () => {
    const talk = await talkTo(await serve());
    const [list] = await talk.binary(requests.saslList());
    expect(list!.status).toBe(Status.UnknownCommand);
  });
});

describe('statistics', () => {
  test('are counted', async () => {
    const server = await serve({ memoryLimit: 32 * 1024 * 1024, maxConnections: 77 });
    const talk = await talkTo(server);
    await talk.text(
      'set a 0 0 1\r\n1\r\nget a b\r\nincr a 1\r\ndecr b 1\r\ntouch a 9\r\ndelete a\r\ndelete a\r\nmg a\r\nflush_all\r\n',
    );
    await talk.text('set c 0 0 1\r\n1\r\ncas c 0 0 1 99\r\n2\r\nset d 0 -1 1\r\n1\r\nget d\r\nbad\r\n');
    const stats = statsOf(await talk.text('stats\r\n'));
    expect(stats).toMatchObject({
      pid: String(process.pid),
      version: '1.6.18',
      max_connections: '77',
      curr_connections: '1',
      cmd_get: '4',
      get_hits: '1',
      get_misses: '3',
      get_expired: '1',
      cmd_set: '4',
      cas_badval: '1',
      incr_hits: '1',
      decr_misses: '1',
      touch_hits: '1',
      cmd_touch: '1',
      delete_hits: '1',
      delete_misses: '1',
      cmd_meta: '0',
      cmd_flush: '1',
      limit_maxbytes: String(32 * 1024 * 1024),
      curr_items: '1',
      total_items: '3',
      bytes: '61',
    });
    expect(Number(stats['bytes_read'])).toBe(server.counters.bytesIn);
    const { counters } = server;
    expect(counters).toMatchObject({ accepted: 1, open: 1, getHits: 1, cmdSet: 4 });
    const { get, other } = server.commands;
    const store = (server.store as MemoryStore).counters;
    expect([get.operations, get.hits, get.bytesOut, other.errors]).toEqual([2, 1, 16, 1]);
    expect(await talk.text('stats reset\r\n')).toBe('RESET\r\n');
    expect(statsOf(await talk.text('stats\r\n'))).toMatchObject({
      cmd_get: '0',
      get_hits: '0',
      curr_items: '1',
      total_items: '0',
    });
    expect(server.counters).toMatchObject({ accepted: 1, getHits: 0, cmdSet: 0 });
    // What was read before is of that moment.
    expect([counters.cmdSet, get.operations, store.totalItems]).toEqual([4, 2, 3]);
    // What came since: two commands, a no-op behind each, and the answer to the first of them.
    const since = statsOf(await talk.text('stats\r\n'));
    expect(Number(since['bytes_read'])).toBeLessThan(60);
  });

  test('tell of settings, sizes, connections and prefixes', async () => {
    const server = await serve({ maxItemSize: 4096, evict: false, prefixDelimiter: '/' });
    const talk = await talkTo(server);
    expect(statsOf(await talk.text('stats settings\r\n'))).toMatchObject({
      tcpport: String(server.port),
      inter: '127.0.0.1',
      item_size_max: '4096',
      evictions: 'off',
      stat_key_prefix: '/',
      detail_enabled: 'no',
      cas_enabled: 'yes',
      binding_protocol: 'auto-negotiate',
    });
    expect(await talk.text('stats sizes\r\nstats sizes_enable\r\nset a/1 0 0 9\r\n123456789\r\nstats sizes\r\n')).toBe(
      'STAT sizes_status disabled\r\nEND\r\nSTAT sizes_status enabled\r\nSTORED\r\nSTAT 96 1\r\nEND\r\n',
    );
    const conns = statsOf(await talk.text('stats conns\r\n'));
    const local = talk.peer.socket.localPort;
    expect(Object.values(conns)).toEqual([
      `tcp:127.0.0.1:${server.port}`,
      'conn_listening',
      `tcp:127.0.0.1:${local}`,
      `tcp:127.0.0.1:${server.port}`,
      'conn_read',
      '0',
    ]);
    expect(
      await talk.text(
        'stats detail\r\nstats detail on\r\nget a/1 a/2 b\r\ndelete c/1\r\nset a/3 0 0 1\r\n1\r\nstats detail dump\r\nstats detail off\r\n',
      ),
    ).toBe(
      'CLIENT_ERROR usage: stats detail on|off|dump\r\nOK\r\nVALUE a/1 0 9\r\n123456789\r\nEND\r\nNOT_FOUND\r\nSTORED\r\n' +
        'PREFIX a get 2 hit 1 set 1 del 0\r\nPREFIX c get 0 hit 0 set 0 del 1\r\nEND\r\nOK\r\n',
    );
    const items = Object.entries(statsOf(await talk.text('stats items\r\n')));
    const sum = (name: string): number =>
      items.filter(([key]) => key.endsWith(`:${name}`)).reduce((total, [, value]) => total + Number(value), 0);
    expect([sum('number'), sum('mem_requested'), sum('hits_to_cold')]).toEqual([2, 134, 1]);
    expect(await talk.text('stats nonsense\r\n')).toBe('ERROR\r\n');
  });

  test('come by the binary protocol, too', async () => {
    const server = await serve();
    const talk = await talkTo(server);
    const general = await talk.binary(requests.stat());
    expect(general.length).toBeGreaterThan(80);
    expect([general.at(-1)!.key, general.at(-1)!.valueLength]).toEqual(['', 0]);
    const named = new Map(general.map((stat) => [stat.key, stat.text()]));
    expect(named.get('pid')).toBe(String(process.pid));
    const answers = await talk.binary(requests.stat('settings'), requests.stat('sizes'), requests.stat('nonsense'));
    expect(answers.some((stat) => stat.key === 'item_size_max')).toBe(true);
    expect(answers.at(-1)!.status).toBe(Status.KeyNotFound);
  });
});

describe('commands about the server', () => {
  test('list keys, as fast as they are read', async () => {
    const server = await serve();
    const talk = await talkTo(server);
    let sets = '';
    for (let i = 0; i < 1000; i++) sets += `set key:${i} 0 ${i === 0 ? 100 : 0} 1 noreply\r\n1\r\n`;
    await talk.text(sets);
    talk.send('lru_crawler metadump all\r\n');
    await talk.until(() => talk.unseen.endsWith('END\r\n'));
    const lines = talk.unseen.split('\n');
    expect(lines.length).toBe(1002);
    const first = lines.find((line) => line.startsWith('key=key%3A0 '))!;
    expect(first).toMatch(/^key=key%3A0 exp=\d{10} la=\d{10} cas=1 fetch=no cls=\d+ size=65$/);
    const other = await talkTo(server);
    other.send('lru_crawler mgdump hash\r\n');
    await other.until(() => other.unseen.endsWith('EN\r\n'));
    expect(other.unseen.split('\r\n').filter((line) => /^mg key:\d+$/.test(line)).length).toBe(1000);
    expect(await (await talkTo(server)).text('version\r\nlru_crawler metadump all\r\n')).toContain(
      'ERROR cannot pipeline',
    );
  });

  test('watch what happens', async () => {
    const server = await serve({ memoryLimit: 1024 * 1024 });
    const watcher = await talkTo(server);
    watcher.send('watch fetchers mutations connevents deletions evictions rawcmds\r\n');
    await watcher.until(() => watcher.unseen.includes('OK\r\n'));
    const talk = await talkTo(server);
    await talk.text('set a:b 0 9 3\r\nabc\r\nget a:b nope\r\ndelete a:b\r\n');
    const value = 'x'.repeat(500_000);
    await talk.text(`set x 0 0 500000\r\n${value}\r\nset y 0 0 500000\r\n${value}\r\nset z 0 0 500000\r\n${value}\r\n`);
    talk.peer.socket.end();
    await watcher.until(() => watcher.unseen.includes('conn_close'));
    const lines = watcher.unseen.split('\n').map((line) => line.replace(/^ts=\d+\.\d+ gid=\d+ /, ''));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^type=conn_new rip=127\.0\.0\.1 rport=\d+ transport=tcp cfd=\d+$/),
        expect.stringMatching(/^<\d+ get a:b nope$/),
        expect.stringMatching(/^type=item_store key=a%3Ab status=stored cmd=set ttl=9 clsid=\d+ cfd=\d+ size=3$/),
        expect.stringMatching(/^type=item_get key=a%3Ab status=found clsid=\d+ cfd=\d+ size=3$/),
        expect.stringMatching(/^type=item_get key=nope status=not_found clsid=0 cfd=\d+ size=0$/),
        expect.stringMatching(/^type=deleted key=a%3Ab cmd=delete clsid=\d+ cfd=\d+ size=0$/),
        expect.stringMatching(/^type=eviction key=x fetch=no ttl=-1 la=\d+ clsid=\d+ size=500000$/),
        expect.stringMatching(/^type=conn_close rip=127\.0\.0\.1 rport=\d+ transport=tcp reason=normal cfd=\d+$/),
      ]),
    );
    // A watcher is not answered any more.
    watcher.send('version\r\n');
    const before = await talkTo(server);
    expect(await before.text('version\r\nwatch\r\n')).toContain('ERROR cannot pipeline other commands before watch');
    expect(await before.text('')).toBe('');
    before.send('watch nonsense\r\n');
    await before.until(() => before.unseen === 'ERROR\r\n');
    expect(watcher.unseen).not.toContain('VERSION');
    expect(statsOf(await (await talkTo(server)).text('stats\r\n'))['log_watchers']).toBe('1');
  });

  test('are refused where they are not allowed', async () => {
    const server = await serve({ allowFlush: false, allowWatch: false, allowDump: false });
    const talk = await talkTo(server);
    expect(await talk.text('flush_all\r\n')).toBe('CLIENT_ERROR flush_all not allowed\r\n');
    expect(await talk.text('watch\r\n')).toBe('CLIENT_ERROR watch commands not allowed\r\n');
    expect(await talk.text('lru_crawler metadump all\r\n')).toBe('ERROR metadump not allowed\r\n');
    expect(await talk.text('stats cachedump 1 0\r\n')).toBe('CLIENT_ERROR stats cachedump not allowed\r\n');
    expect(await talk.text('shutdown\r\n')).toBe('ERROR: shutdown not enabled\r\n');
    const [flush] = await (await talkTo(server)).binary(requests.flush());
    expect(flush!.status).toBe(Status.AuthError);
  });

  test('change the limit of memory', async () => {
    const store = new MemoryStore();
    const talk = await talkTo(await serve({ store }));
    expect(
      await talk.text('cache_memlimit 100\r\ncache_memlimit 7\r\ncache_memlimit\r\ncache_memlimit 50 noreply\r\n'),
    ).toBe('OK\r\nMEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\nERROR\r\n');
    expect(store.memoryLimit).toBe(50 * 1024 * 1024);
  });

  test('shut the server down, or have somebody do it', async () => {
    const server = await serve({ allowShutdown: true });
    const talk = await talkTo(server);
    expect(await talk.text('shutdown nonsense\r\n')).toBe('CLIENT_ERROR invalid shutdown mode\r\n');
    talk.send('shutdown graceful\r\n');
    await talk.rest();
    talk.peer.socket.end();
    expect((await server.closed).destroyed).toBe(0);
    const asked: boolean[] = [];
    const other = await serve({ allowShutdown: true }, (it) => it.onShutdown((graceful) => asked.push(graceful)));
    await (await talkTo(other)).text('shutdown\r\nshutdown graceful\r\n');
    expect(asked).toEqual([false, true]);
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
    for (let i = 0; i < 80; i++) clock.advance(1000);
    expect(await talk.rest()).toBe('');
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
