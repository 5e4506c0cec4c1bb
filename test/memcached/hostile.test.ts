import { Buffer } from 'node:buffer';

import { Opcode, requests, Status } from '@wirewright/codec-memcached-binary';
import type { MemcachedServer } from '@wirewright/memcached';
import { expect, test } from 'vitest';

import { gc } from '../support/gc.ts';
import { random } from '../support/random.ts';
import { serve, type Talk, talkTo } from './scene.ts';

/** Asks for what it has stored, again and again, until `done`; returns how often. */
async function goodClient(server: MemcachedServer, name: string, done: () => boolean): Promise<number> {
  const talk = await talkTo(server);
  const value = name.repeat(20);
  expect(await talk.text(`set ${name} 5 0 ${value.length}\r\n${value}\r\n`)).toBe('STORED\r\n');
  let asked = 0;
  while (!done()) {
    const answer = `VALUE ${name} 5 ${value.length}\r\n${value}\r\nEND\r\n`;
    expect(await talk.text(`get ${name}\r\nget ${name}\r\n`)).toBe(answer + answer);
    asked++;
  }
  return asked;
}

/** Sends `bytes` on a connection of its own, and ends it. What comes back is nobody's business. */
async function attack(server: MemcachedServer, bytes: Buffer): Promise<Talk> {
  const talk = await talkTo(server);
  talk.send(bytes);
  talk.peer.socket.end();
  await talk.peer.over();
  return talk;
}

/** Bytes that begin as a request does, and go wrong somewhere. */
function nonsense(next: () => number): Buffer {
  const text = [
    'get ',
    'set k 0 0 ',
    'mg ',
    'ms k 5 ',
    'cas k 1 2 3 ',
    'incr k ',
    'gat 1 ',
    'stats ',
    'watch ',
    '\r\n',
    ' ',
  ];
  const parts: Buffer[] = [];
  const binary = next() < 0.4;
  for (let i = 0; i < 30; i++) {
    const pick = next();
    if (binary && pick < 0.7) {
      const header = Buffer.alloc(24);
      header[0] = 0x80;
      header[1] = Math.floor(next() * 0x30);
      header.writeUInt16BE(Math.floor(next() * (next() < 0.1 ? 65_535 : 12)), 2);
      header[4] = Math.floor(next() * 24);
      header.writeUInt32BE(Math.floor(next() * (next() < 0.05 ? 0xffff_ffff : 40)), 8);
      parts.push(header, Buffer.from('k'.repeat(Math.floor(next() * 40))));
    } else if (!binary && pick < 0.7) {
      parts.push(Buffer.from(text[Math.floor(next() * text.length)]!));
    } else {
      parts.push(Buffer.from(Array.from({ length: Math.floor(next() * 30) }, () => Math.floor(next() * 256))));
    }
  }
  return Buffer.concat(parts);
}

test('whatever others send, a client gets its own answers, and the server stays up', async () => {
  const server = await serve({ memoryLimit: 8 * 1024 * 1024 });
  server.onError(() => {});
  const next = random(11_211);
  let over = false;
  const good = Promise.all(['ann', 'bob'].map((name) => goodClient(server, name, () => over)));
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 8 }, () => attack(server, nonsense(next))));
  }
  over = true;
  for (const asked of await good) expect(asked).toBeGreaterThan(10);
  expect(server.connections.size).toBeLessThanOrEqual(2);
});

test('100,000 fragments of one byte are as good as whole requests', async () => {
  const server = await serve();
  const text = await talkTo(server);
  const requestsText = 'set key 0 0 5\r\nhello\r\nget key\r\n';
  const rounds = Math.ceil(50_000 / requestsText.length);
  // Written one by one without waiting, Nagle off: the server gets them in pieces of any size.
  for (let round = 0; round < rounds; round++) for (const byte of requestsText) text.send(byte);
  expect(await text.text('')).toBe('STORED\r\nVALUE key 0 5\r\nhello\r\nEND\r\n'.repeat(rounds));
  const binary = await talkTo(server);
  const frame = Buffer.from('8000000300000000000000030000000700000000000000006b6579', 'hex');
  const times = Math.ceil(50_000 / frame.length);
  for (let round = 0; round < times; round++) for (const byte of frame) binary.send(Buffer.of(byte));
  const answers = await binary.binary();
  expect([answers.length, new Set(answers.map((answer) => answer.text()))]).toEqual([times, new Set(['hello'])]);
});

test.each([
  ['a length of 2^31 - 1', 'set k 0 0 2147483647\r\n', 'CLIENT_ERROR bad command line format\r\n'],
  ['a length of 2^31', 'set k 0 0 2147483648\r\n', 'CLIENT_ERROR bad command line format\r\n'],
  ['a negative length', 'set k 0 0 -1\r\n', 'CLIENT_ERROR bad command line format\r\n'],
  [
    'a key of control characters',
    'set \x01\x7f\x1b 0 0 1\r\n1\r\nget \x01\x7f\x1b\r\n',
    'STORED\r\nVALUE \x01\x7f\x1b 0 1\r\n1\r\nEND\r\n',
  ],
  ['a key of 251 bytes', `get ${'k'.repeat(251)}\r\n`, 'CLIENT_ERROR bad command line format\r\n'],
])('%s is answered, and the connection goes on', async (_, bytes, answer) => {
  const talk = await talkTo(await serve());
  const memory = process.memoryUsage().arrayBuffers;
  expect(await talk.text(bytes)).toBe(answer);
  expect(await talk.text('get none\r\n')).toBe('END\r\n');
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(16 * 1024 * 1024);
});

test('a binary body of 2^32 - 1 bytes ends the connection, one within 1 GiB is skipped as it comes', async () => {
  const server = await serve();
  server.onError(() => {});
  const header = Buffer.alloc(24);
  header[0] = 0x80;
  header[1] = Opcode.Set;
  header.writeUInt32BE(0xffff_ffff, 8);
  const ended = await talkTo(server);
  ended.send(header);
  await ended.peer.end();

  header[4] = 8;
  header.writeUInt16BE(1, 2);
  const body = 256 * 1024 * 1024;
  header.writeUInt32BE(body, 8);
  const talk = await talkTo(server);
  await talk.binary(requests.set('k', 'old'));
  const memory = process.memoryUsage().arrayBuffers;
  talk.send(header);
  talk.send(Buffer.from('00000000000000006b', 'hex'));
  const piece = Buffer.alloc(1024 * 1024);
  for (let sent = 9; sent < body; sent += piece.length)
    talk.send(piece.subarray(0, Math.min(piece.length, body - sent)));
  const [refused, gone] = await talk.binary(requests.get('k'));
  expect([refused!.status, gone!.status]).toEqual([Status.TooLarge, Status.KeyNotFound]);
  // What was received is garbage by then.
  gc();
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(body / 2);
});

test("a request that is cut off is nobody's", async () => {
  const server = await serve();
  server.onError(() => {});
  for (const bytes of ['set k 0 0 5\r\nhel', 'get k', 'ms k 5\r\n', '\x80\x01\x00\x01\x08']) {
    const talk = await attack(server, Buffer.from(bytes, 'latin1'));
    expect(talk.unseen).toBe('');
  }
  expect(await (await talkTo(server)).text('get k\r\n')).toBe('END\r\n');
  expect(server.counters.cmdSet).toBe(0);
});

test('many large items that one command asks for come as they are read, and are not gathered', async () => {
  const server = await serve({ memoryLimit: 128 * 1024 * 1024 });
  const talk = await talkTo(server);
  const value = 'x'.repeat(900_000);
  const keys = Array.from({ length: 40 }, (_, i) => `big${i}`);
  for (const key of keys) await talk.text(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`);
  const [connection] = server.connections;
  for (const [command, cas] of [
    ['get', 0],
    // ' 1' to ' 40' behind each.
    ['gats 0', 9 * 2 + 31 * 3],
  ] as const) {
    const heads = keys.reduce((sum, key) => sum + `VALUE ${key} 0 900000\r\n\r\n`.length, 0);
    const due = talk.peer.bytes + heads + cas + keys.length * value.length + 'END\r\n'.length;
    talk.peer.socket.pause();
    talk.send(`${command} ${keys.join(' ')}\r\n`);
    let most = 0;
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      most = Math.max(most, connection!.bufferedBytes);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(4 * 1024 * 1024);
    talk.peer.socket.resume();
    await talk.peer.has(due);
    expect(talk.peer.bytes).toBe(due);
  }
  expect(server.commands.gats.hits).toBe(keys.length);
});

test('a client that pipelines and never reads does not fill the memory', async () => {
  const server = await serve();
  const talk = await talkTo(server);
  await talk.text(`set big 0 0 100000\r\n${'x'.repeat(100_000)}\r\n`);
  talk.peer.socket.pause();
  talk.send('get big\r\n'.repeat(20_000));
  const [connection] = server.connections;
  let most = 0;
  for (let i = 0; i < 50; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    most = Math.max(most, connection!.bufferedBytes);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(4 * 1024 * 1024);
  expect(await (await talkTo(server)).text('version\r\n')).toBe('VERSION 1.6.18\r\n');
});
