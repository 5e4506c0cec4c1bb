import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';

import {
  bytes,
  compressed,
  json,
  MemcachedClient,
  MemcachedServer,
  mixed,
  type Serializer,
  text,
  ValueFlag,
} from '@wirewright/memcached';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';

import { program } from '../../support/programs.ts';

const python = program('python3');

const { port } = await (async () => {
  const server = new MemcachedServer().onError(() => {});
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: server.port! };
})();

function clientOf<In, Out>(values?: Serializer<In, Out>): MemcachedClient<In, Out> {
  const client = new MemcachedClient<In, Out>(`127.0.0.1:${port}`, { ...(values && { values }) });
  onTestFinished(async () => {
    await client.close();
  });
  return client;
}

test('mixed gives back what it was given', async () => {
  const client = clientOf(mixed);
  const values: unknown[] = [
    'text',
    '',
    'ü',
    0,
    42,
    -1,
    1.5,
    -0,
    2n ** 60n,
    true,
    null,
    [1, 'a'],
    { a: { b: [null] } },
  ];
  for (const value of [...values, Buffer.from([0, 255]), Buffer.alloc(0)]) {
    await client.set('k', value);
    expect(await client.get('k')).toEqual(value === 2n ** 60n || !Object.is(value, -0) ? value : 0);
  }
  await client.set('n', 41);
  expect(await client.incr('n')).toBe(42);
  expect(await client.get('n')).toBe(42);
  expect((await client.gets('n'))!.flags).toBe(ValueFlag.Integer);
  await client.set('n', 10);
  await client.decr('n');
  // Which leaves a space behind the digit.
  expect(await client.get('n')).toBe(9);
  await expect(client.set('k', undefined)).rejects.toMatchObject({ code: 'MEMCACHED_INVALID_VALUE', sent: false });
  await expect(client.set('k', () => {})).rejects.toMatchObject({ code: 'MEMCACHED_INVALID_VALUE' });
});

test('types follow the serializer', async () => {
  const plain = new MemcachedClient(`127.0.0.1:${port}`);
  onTestFinished(async () => {
    await plain.close();
  });
  expectTypeOf(plain.get('k')).resolves.toEqualTypeOf<Buffer | undefined>();
  const typed = clientOf(json<{ name: string }>());
  await typed.set('k', { name: 'Ann' });
  expectTypeOf(typed.get('k')).resolves.toEqualTypeOf<{ name: string } | undefined>();
  expect(await typed.get('k')).toEqual({ name: 'Ann' });
  const own = clientOf<Date, Date>({
    encode: (date) => ({ data: date.toISOString(), flags: 7 }),
    decode: (data) => new Date(data.toString()),
  });
  await own.set('k', new Date(0));
  expect(await own.get('k')).toEqual(new Date(0));
  expect((await own.gets('k'))!.flags).toBe(7);
});

test('long values are compressed, if that makes them shorter', async () => {
  const client = clientOf(compressed(mixed, { threshold: 100, level: 9 }));
  const raw = clientOf(bytes);
  const long = { text: 'again and again '.repeat(100) };
  await client.set('long', long);
  expect(await client.get('long')).toEqual(long);
  const item = (await raw.gets('long'))!;
  expect(item.flags).toBe(ValueFlag.Json | ValueFlag.Zlib);
  expect(item.value.length).toBeLessThan(100);
  const noise = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * i * 37 + (i >> 3)) & 0xff));
  for (const [value, flags] of [
    ['short', ValueFlag.Text],
    [noise, 0],
  ] as const) {
    await client.set('k', value);
    expect(await client.get('k')).toEqual(value);
    expect((await raw.gets('k'))!.flags & ~ValueFlag.Zlib).toBe(flags);
  }
  await client.setMany({ a: long, b: 'short' });
  expect(await client.getMany(['a', 'b'])).toEqual(
    new Map<string, unknown>([
      ['a', long],
      ['b', 'short'],
    ]),
  );
});

test('what cannot be read is an error of that key alone', async () => {
  const raw = clientOf(bytes);
  await raw.setMany([['bad', 'no json']], { flags: ValueFlag.Json });
  await raw.set('bomb', deflateSync(Buffer.alloc(1_000_000)), { flags: ValueFlag.Zlib });
  await raw.set('good', '1', { flags: ValueFlag.Json });
  const client = clientOf(compressed(mixed, { maxLength: 1000 }));
  const unreadable = { code: 'MEMCACHED_UNREADABLE_VALUE' };
  await expect(client.get('bad')).rejects.toMatchObject({ ...unreadable, flags: ValueFlag.Json });
  await expect(client.get('bomb')).rejects.toMatchObject({ ...unreadable, flags: ValueFlag.Zlib });
  await expect(client.getMany(['bad', 'bomb', 'good'])).rejects.toMatchObject({
    results: new Map([['good', 1]]),
    errors: new Map([
      ['bad', expect.objectContaining(unreadable)],
      ['bomb', expect.objectContaining(unreadable)],
    ]),
  });
});

test('values keep no more memory than a page of those that came with them', async () => {
  const client = clientOf(bytes);
  const keys = Array.from({ length: 2000 }, (_, i) => `page:${i}`);
  await client.setMany(keys.map((key) => [key, key.padEnd(100, '.')] as const));
  const found = [...(await client.getMany(keys)).values()];
  expect(found.map(String)).toEqual(keys.map((key) => key.padEnd(100, '.')));
  for (const value of found) expect(value.buffer.byteLength).toBeLessThanOrEqual(8192);
  await client.set('k', Buffer.alloc(5000));
  expect((await client.get('k'))!.buffer.byteLength).toBeLessThanOrEqual(20_000);
});

test('what is no value is refused', async () => {
  const client = clientOf(bytes);
  for (const value of [5, null, undefined, {}]) {
    await expect(client.set('k', value as never)).rejects.toMatchObject({ code: 'MEMCACHED_INVALID_VALUE' });
  }
  await expect(clientOf(text).set('k', Buffer.alloc(1) as never)).rejects.toMatchObject({
    code: 'MEMCACHED_INVALID_VALUE',
  });
  await expect(client.set('k', 'x', { flags: -1 })).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  await expect(client.set('k', 'x', { ttI: 5 } as never)).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
});

test.skipIf(python === undefined)('pylibmc reads what mixed has written, and the other way round', async () => {
  const client = clientOf(compressed(mixed, { threshold: 50 }));
  await client.setMany({ text: 'grüß', number: 42, long: 'x'.repeat(5000) });
  const script = `
import pylibmc
client = pylibmc.Client(["127.0.0.1:${port}"])
assert client.get("text") == "gr\\u00fc\\u00df", client.get("text")
assert client.get("number") == 42, client.get("number")
assert client.get("long") == "x" * 5000
client.set("theirs", "fran\\u00e7ais")
client.set("their_number", 7)
client.set("their_bytes", b"\\x00\\xff")
client.set("their_long", "y" * 5000, min_compress_len=100)
`;
  await promisify(execFile)('/usr/bin/python3', ['-c', script]);
  expect(await client.get('theirs')).toBe('français');
  expect(await client.get('their_number')).toBe(7);
  expect(await client.get('their_bytes')).toEqual(Buffer.from([0, 255]));
  expect(await client.get('their_long')).toBe('y'.repeat(5000));
});
