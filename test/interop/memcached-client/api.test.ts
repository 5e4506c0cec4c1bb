import { readFileSync } from 'node:fs';

import {
  type CacheItem,
  type ClientProtocol,
  MemcachedClient,
  type MemcachedClientOptions,
  mixed,
} from '@wirewright/memcached';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { PATIENCE } from '../../support/patience.ts';
import { isReal, PASSWORD, Servers, type Start, USER, type Way } from '../memcached-clients/servers.ts';

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.prepare();
});

afterAll(() => servers.remove());

const PROTOCOLS: readonly ClientProtocol[] = ['meta', 'text', 'binary'];
const WAYS: readonly Way[] = ['TCP', 'a unix socket', 'TLS', 'a login'];

type Options<In, Out> = Omit<MemcachedClientOptions<In, Out>, 'protocol'>;

async function clientOf<In, Out>(
  start: Start,
  protocol: ClientProtocol,
  options: Options<In, Out>,
  way: Way = 'TCP',
): Promise<MemcachedClient<In, Out>> {
  const address = await start(onTestFinished, way, protocol === 'binary' ? 'binary' : 'text');
  const client = new MemcachedClient<In, Out>(address, {
    timeout: PATIENCE,
    ...options,
    protocol,
    ...(way === 'TLS' ? { tls: { ca: readFileSync(servers.ca) } } : {}),
    ...(way === 'a login' ? { username: USER, password: PASSWORD } : {}),
  });
  onTestFinished(async () => {
    await client.close();
  });
  return client;
}

/** The same calls, whoever answers and in whatever protocol. */
function behaves(start: () => Start, protocol: ClientProtocol): void {
  const fresh = (): Promise<MemcachedClient> => clientOf(start(), protocol, {});

  test('reads, stores, deletes', async () => {
    const client = await fresh();
    expect(await client.get('k')).toBeUndefined();
    expect(await client.set('k', 'text')).toBeUndefined();
    expect(String(await client.get('k'))).toBe('text');
    const bytes = Buffer.from([0, 13, 10, 255, 0x56, 0x41]);
    await client.set('k', bytes);
    expect(await client.get('k')).toEqual(bytes);
    await client.set('k', '');
    expect(await client.get('k')).toEqual(Buffer.alloc(0));
    expect(await client.add('k', 'a')).toBe(false);
    expect(await client.add('l', 'a')).toBe(true);
    expect(await client.replace('l', 'b')).toBe(true);
    expect(await client.replace('m', 'b')).toBe(false);
    expect(await client.append('l', 'c')).toBe(true);
    expect(await client.prepend('l', 'a')).toBe(true);
    expect(String(await client.get('l'))).toBe('abc');
    expect(await client.append('m', 'c')).toBe(false);
    expect(await client.prepend('m', 'c')).toBe(false);
    expect(await client.delete('l')).toBe(true);
    expect(await client.delete('l')).toBe(false);
  });

  test('keeps values of every length as they are', async () => {
    const client = await fresh();
    for (const length of [1, 100, 1023, 1024, 1025, 8191, 65_536, 1_000_000]) {
      const value = Buffer.alloc(length, `${length}\r\nEND\r\n`);
      await client.set('k', value);
      expect((await client.get('k'))!.equals(value)).toBe(true);
    }
  });

  test('stores in place of a certain item only', async () => {
    const client = await fresh();
    expect(await client.gets('k')).toBeUndefined();
    await client.set('k', 'one', { flags: 4_000_000_000 });
    const { value, cas, flags } = (await client.gets('k')) as CacheItem<Buffer>;
    expect([String(value), flags]).toEqual(['one', 4_000_000_000]);
    expect(await client.cas('k', 'two', cas)).toBe('stored');
    expect(await client.cas('k', 'three', cas)).toBe('exists');
    expect(await client.cas('l', 'three', cas)).toBe('not-found');
    expect(String(await client.get('k'))).toBe('two');
  });

  test('counts exactly, up to 64 bits', async () => {
    const client = await fresh();
    expect(await client.incr('n')).toBeUndefined();
    expect(await client.incr('n', 5, { initial: 10, ttl: 100 })).toBe(10);
    expect(await client.incr('n', 5, { initial: 10 })).toBe(15);
    expect(await client.decr('n')).toBe(14);
    expect(await client.decr('n', 100)).toBe(0);
    await client.set('n', '9007199254740991');
    expect(await client.incr('n')).toBe(9_007_199_254_740_992n);
    expect(await client.incr('n', 2)).toBe(9_007_199_254_740_994n);
    expect(await client.incr('n', 2n ** 64n - 9_007_199_254_740_995n)).toBe(18_446_744_073_709_551_615n);
    expect(await client.decr('n', 18_446_744_073_709_551_610n)).toBe(5);
    await client.set('n', 'no number');
    await expect(client.incr('n')).rejects.toMatchObject({ code: 'MEMCACHED_COMMAND_FAILED' });
    await expect(client.incr('n', -1)).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
    await expect(client.incr('n', 2 ** 60)).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
    expect(String(await client.get('n'))).toBe('no number');
  });

  test('has items live for as long as it is told', async () => {
    const client = await fresh();
    await client.set('days', 'x', { ttl: 31 * 24 * 3600 });
    expect(await client.touch('days', 40 * 24 * 3600)).toBe(true);
    expect(String(await client.getAndTouch('days', 3600))).toBe('x');
    expect(await client.touch('none', 5)).toBe(false);
    expect(await client.getAndTouch('none', 5)).toBeUndefined();
    await client.set('soon', 'x', { ttl: 1 });
    await client.set('later', 'x', { ttl: 1 });
    expect(await client.touch('later', 0)).toBe(true);
    await expect.poll(() => client.get('soon')).toBeUndefined();
    expect(String(await client.get('later'))).toBe('x');
    await expect(client.set('k', 'x', { ttl: -1 })).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  });

  test('asks for many things at once', async () => {
    const client = await fresh();
    const entries = Array.from({ length: 3000 }, (_, index) => [`key:${index}`, `value:${index}`] as const);
    await client.setMany(entries);
    const keys = entries.map(([key]) => key);
    const found = await client.getMany([...keys, 'none', ...keys.slice(0, 10)]);
    expect([...found].map(([key, value]) => [key, String(value)])).toEqual(entries);
    expect(await client.getMany([])).toEqual(new Map());
    const first = keys.slice(0, 1500);
    expect(await client.deleteMany([...first, 'none'])).toEqual(new Set(first));
    expect((await client.getMany(keys, { timeout: 5000 })).size).toBe(1500);
    await client.setMany({ a: '1', b: '2' }, { ttl: 60 });
    expect(String((await client.getMany(new Set(['b', 'a']))).get('b'))).toBe('2');
  });

  test('says which keys of many failed', async () => {
    const client = await fresh();
    await client.set('good', 'x');
    await expect(client.getMany(['good', 'bad key', 'x'.repeat(251)])).rejects.toMatchObject({
      code: 'MEMCACHED_BATCH_FAILED',
      results: new Map([['good', Buffer.from('x')]]),
      errors: new Map<string, unknown>([
        ['bad key', expect.objectContaining({ code: 'MEMCACHED_INVALID_KEY' })],
        ['x'.repeat(251), expect.objectContaining({ code: 'MEMCACHED_INVALID_KEY' })],
      ]),
    });
    const many = client.setMany([
      ['fine', 'x'],
      ['large', Buffer.alloc(2 ** 20)],
      ['larger', Buffer.alloc(2 ** 20 + 1)],
    ]);
    await expect(many).rejects.toMatchObject({
      errors: new Map([
        ['large', expect.objectContaining({ code: 'MEMCACHED_VALUE_TOO_LARGE', sent: true })],
        ['larger', expect.objectContaining({ code: 'MEMCACHED_VALUE_TOO_LARGE', sent: false })],
      ]),
    });
    expect(String(await client.get('fine'))).toBe('x');
  });

  test('does not wait for answers that nobody wants, and gives them to nobody else', async () => {
    const client = await fresh();
    const wanted: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      void client.set(`k${i}`, `${i}`, { noreply: true });
      // Is refused, and the server says so whether asked or not.
      void client.set('large', Buffer.alloc(2 ** 20), { noreply: true });
      void client.delete('none', { noreply: true });
      void client.incr(`k${i}`, 1, { noreply: true });
      void client.touch('none', 5, { noreply: true });
      void client.add(`k${i}`, 'x', { noreply: true });
      wanted.push(client.get(`k${i}`).then(String), client.delete('none'));
    }
    expect(await Promise.all(wanted)).toEqual(Array.from({ length: 50 }, (_, i) => [`${i + 1}`, false]).flat());
    // In the text protocol the server keeps this to itself.
    expect(client.counters.unansweredErrors).toBe(protocol === 'text' ? 0 : 50);
  });

  test('updates a value that many change at the same time', async () => {
    const client = await clientOf(start(), protocol, { values: mixed });
    const add = (value: unknown): number => ((value as number | undefined) ?? 0) + 1;
    await Promise.all(Array.from({ length: 12 }, () => client.update('n', add, { attempts: 50 })));
    expect(await client.get('n')).toBe(12);
    expect(await client.update('n', () => undefined)).toBe(12);
    const never = client.update('n', async (value) => {
      await client.set('n', 0);
      return value;
    });
    await expect(never).rejects.toMatchObject({ code: 'MEMCACHED_CONFLICT' });
  });

  test('tells of the servers, and empties them', async () => {
    const client = await fresh();
    const { name } = client.servers[0]!;
    await client.set('k', 'x');
    expect((await client.version()).get(name)).toMatch(/^\d+\.\d+/);
    expect((await client.stats()).get(name)).toMatchObject({ curr_items: '1' });
    expect(Object.keys((await client.stats('settings')).get(name)!)).toContain('maxconns');
    await expect(client.stats('nonsense')).rejects.toMatchObject({ code: 'MEMCACHED_BATCH_FAILED' });
    await client.flush();
    expect(await client.get('k')).toBeUndefined();
  });

  test('refuses keys that are none, and says nothing of them to the server', async () => {
    const client = await fresh();
    const bad: unknown[] = [
      '',
      'a b',
      'a\r\nflush_all',
      'a\0b',
      'a\x7f',
      'x'.repeat(251),
      'ü'.repeat(126),
      5,
      null,
      {},
    ];
    for (const key of bad) {
      const refused = { code: 'MEMCACHED_INVALID_KEY', sent: false };
      await expect(client.get(key as string), String(key)).rejects.toMatchObject(refused);
      await expect(client.set(key as string, 'x'), String(key)).rejects.toMatchObject(refused);
      await expect(client.delete(key as string, { noreply: true })).rejects.toMatchObject(refused);
    }
    expect(client.counters.calls).toBe(0);
    for (const key of ['x'.repeat(250), 'ü'.repeat(125)]) {
      await client.set(key, key);
      expect(String(await client.get(key))).toBe(key);
    }
  });

  test('has keys of any bytes, where the protocol has', async () => {
    const client = await fresh();
    const key = Buffer.from([0, 32, 13, 10, 255]);
    if (protocol === 'text') {
      await expect(client.get(key)).rejects.toMatchObject({ code: 'MEMCACHED_INVALID_KEY' });
      return;
    }
    await client.set(key, 'x');
    expect(String(await client.get(key))).toBe('x');
    expect([...(await client.getMany([key])).keys()]).toEqual([key]);
    expect(await client.delete(key)).toBe(true);
  });

  test('puts a prefix in front of keys, and hashes long ones', async () => {
    const address = await start()(onTestFinished);
    const own = new MemcachedClient(address, { protocol, prefix: 'app:', hashLongKeys: true });
    const plain = new MemcachedClient(address, { protocol });
    onTestFinished(async () => {
      await own.close();
    });
    onTestFinished(async () => {
      await plain.close();
    });
    await own.set('k', 'x');
    expect(String(await plain.get('app:k'))).toBe('x');
    expect([...(await own.getMany(['k'])).keys()]).toEqual(['k']);
    const long = 'long'.repeat(1000);
    await own.set(long, 'y');
    expect(String(await own.get(long))).toBe('y');
    expect(await own.get(`${long}r`)).toBeUndefined();
  });

  test('sends any command, and gives a connection away', async () => {
    const client = await fresh();
    const { name: server } = client.servers[0]!;
    if (protocol === 'binary') {
      const [response] = await client.command({ opcode: 0x0b }, { key: 'k' });
      expect(response!.text()).toMatch(/^\d/);
      expect(await client.command({ opcode: 0x09, key: 'none' }, { server })).toEqual([]);
      expect((await client.command({ opcode: 0x10 }, { server })).length).toBeGreaterThan(20);
    } else {
      const [reply] = await client.command({ op: 'version' }, { key: 'k' });
      expect(reply!.status).toBe('VERSION');
      await client.set('k', 'x');
      const settings = await client.command({ op: 'stats', tokens: ['stats', 'settings'] }, { server });
      expect(settings.length).toBeGreaterThan(20);
      expect(settings.at(-1)!.status).toBe('END');
      await expect(client.command({ op: 'get', key: 'a b' }, { server })).rejects.toMatchObject({
        code: 'WIRE_ENCODE_FAILED',
      });
      const exchange = await client.connect({ server });
      expect((await exchange.request({ op: 'mn' }, (frame) => frame.status)).trim()).toBe('MN');
      await exchange.connection.close();
    }
  });

  test('takes any number of keys, and commands that may have no answer', async () => {
    const client = await clientOf(start(), protocol, { maxWaiting: 5000 });
    const keys = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
    await client.setMany(keys.map((key) => [key, key] as const));
    expect((await client.getMany(keys)).size).toBe(10_000);
    const target = { key: 'k1' };
    const asked =
      protocol === 'binary'
        ? [client.command({ opcode: 0x14, key: 'k1' }, target), client.command({ opcode: 0x14, key: 'none' }, target)]
        : [
            client.command({ op: 'delete', key: 'k1', noreply: true }, target),
            client.command({ op: 'md', key: 'none', flags: 'q' }, target),
            client.command({ op: 'mg', key: 'none', flags: { v: true, q: true } }, target),
            client.command({ op: 'command', tokens: ['delete', 'k3', 'noreply'] }, target),
          ];
    const rest = Promise.all([client.get('k1'), client.get('k2')]);
    const said = protocol === 'binary' ? [[], [expect.anything()]] : [[], [expect.anything()], [], []];
    expect(await Promise.all(asked as Promise<unknown>[])).toEqual(said);
    expect(await rest).toEqual([undefined, Buffer.from('k2')]);
  });

  test('refuses what would be another command, and fails nobody else', async () => {
    const client = await fresh();
    await client.set('k', 'x');
    const rest = client.get('k');
    const refused = { code: 'WIRE_INVALID_OPTION' };
    await Promise.all([
      expect(client.stats('items\r\nflush_all')).rejects.toMatchObject(refused),
      expect(client.cas('k', 'y', 1.5)).rejects.toMatchObject(refused),
      expect(client.cas('k', 'y', 2n ** 64n)).rejects.toMatchObject(refused),
      expect(client.cas('k', 'y', 0)).rejects.toMatchObject(refused),
      expect(client.touch('k', Number.NaN)).rejects.toMatchObject(refused),
      expect(client.flush({ delay: -1 })).rejects.toMatchObject(refused),
    ]);
    expect(String(await rest)).toBe('x');
  });

  test('gives up on a call and leaves the others what is theirs', async () => {
    const client = await fresh();
    await client.setMany(Array.from({ length: 200 }, (_, i) => [`k${i}`, `${i}`] as const));
    const controller = new AbortController();
    const given: Promise<unknown>[] = [];
    const kept: Promise<string>[] = [];
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 0) given.push(client.get(`k${i}`, { signal: controller.signal }));
      else kept.push(client.get(`k${i}`).then(String));
    }
    setImmediate(() => controller.abort(new Error('enough')));
    await Promise.allSettled(given);
    expect(await Promise.all(kept)).toEqual(
      Array.from({ length: 200 }, (_, i) => `${i}`).filter((_, i) => i % 3 !== 0),
    );
    expect(String(await client.get('k7'))).toBe('7');
    await expect(client.get('k7', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
}

for (const protocol of PROTOCOLS) {
  describe(`${protocol}, ours`, () => {
    behaves(() => servers.ours, protocol);
  });
  describe.skipIf(!isReal('TCP', 'text'))(`${protocol}, memcached`, () => {
    behaves(() => servers.real, protocol);
  });
}

for (const way of WAYS.slice(1)) {
  for (const protocol of PROTOCOLS) {
    const plain = protocol === 'binary' ? 'binary' : 'text';
    const comes = async (start: Start): Promise<void> => {
      const client = await clientOf(start, protocol, {}, way);
      await client.set('k', 'x');
      expect(String(await client.get('k'))).toBe('x');
      const exchange = await client.connect({ key: 'k' });
      await exchange.connection.close();
    };
    test(`comes over ${way}: ${protocol}, ours`, () => comes(servers.ours));
    test.skipIf(!isReal(way, plain))(`comes over ${way}: ${protocol}, memcached`, () => comes(servers.real));
  }
}

test.each(PROTOCOLS)('says that a login was refused: %s', async (protocol) => {
  const address = await servers.ours(onTestFinished, 'a login', protocol === 'binary' ? 'binary' : 'text');
  const client = new MemcachedClient(address, { protocol, username: USER, password: 'wrong' });
  onTestFinished(async () => {
    await client.close();
  });
  await expect(client.get('k')).rejects.toMatchObject({ code: 'MEMCACHED_LOGIN_FAILED' });
});
