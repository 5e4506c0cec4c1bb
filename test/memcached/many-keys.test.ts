import { Buffer } from 'node:buffer';

import { line } from '@wirewright/codec-line';
import { type Connection, Server } from '@wirewright/core';
import { MemoryStore } from '@wirewright/memcached';
import { expect, test } from 'vitest';

import { afterwards, serve, talkTo } from './scene.ts';

/** A value for each of some keys. */
function sets(keys: readonly string[], size = 100): string {
  return keys.map((key) => `set ${key} 0 0 ${size}\r\n${key[0]!.repeat(size)}\r\n`).join('');
}

test('a get of many keys behind the end of its connection is dropped, and the server goes on', async () => {
  const server = await serve({}, (each) => each.handle('bye', (_request, connection) => connection.end()));
  const [talk, other] = [await talkTo(server), await talkTo(server)];
  talk.send(`${sets(['a', 'b'])}bye\r\nget a b\r\nget a b c\r\n`);
  await talk.peer.over();
  expect(await other.text('get x y\r\n')).toBe('END\r\n');
});

test('a get of many large items goes on where it stopped when the client takes more', async () => {
  const server = await serve();
  const talk = await talkTo(server);
  const keys = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(97 + (i % 26))}${i}`);
  await talk.text(sets(keys, 100_000));
  const items = keys.map((key) => `VALUE ${key} 0 100000\r\n${key[0]!.repeat(100_000)}\r\n`);
  expect(await talk.text(`get ${keys.join(' ')} missing\r\n`)).toBe(`${items.join('')}END\r\n`);
});

test('a store of somebody else may send while it is asked for one of many keys', async () => {
  const lines = new Server({ codec: line() });
  const told: Connection<string, string>[] = [];
  lines.onConnect((connection) => void told.push(connection));
  await lines.listen({ port: 0, host: '127.0.0.1' });
  afterwards(async () => {
    await lines.close();
  });
  const listener = await talkTo({ port: lines.port });

  const inner = new MemoryStore();
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'get') told[0]!.send('asked');
        return Reflect.apply(member, target, args);
      };
    },
    getPrototypeOf: () => Object.prototype,
  });
  const talk = await talkTo(await serve({ store }));
  await talk.text(sets(['a', 'b']));
  const item = (key: string): string => `VALUE ${key} 0 100\r\n${key.repeat(100)}\r\n`;
  expect(await talk.text('get a b\r\n')).toBe(`${item('a')}${item('b')}END\r\n`);
  await listener.until(() => listener.unseen === 'asked\nasked\n');
});

test('the store finds keys of every length that it keeps', () => {
  const store = new MemoryStore();
  for (let length = 1; length <= 255; length++) {
    const key = Buffer.alloc(length, 'k');
    const bytes = { buffer: key, start: 0, end: length };
    expect(store.store('set', bytes, 0, 0, bytes)).toBe('stored');
    expect(store.get(bytes)?.valueEnd).toBeDefined();
  }
});
