import { Buffer } from 'node:buffer';

import type { CloseReason, WireError } from '@wirewright/core';
import { QuasizeroServer } from '@wirewright/quasizero';
import { beforeEach, expect, test } from 'vitest';

import { delimited, LIMIT, requestOf, table, varint } from '../codec-quasizero/table.ts';
import type { Peer } from '../support/peer.ts';
import { random } from '../support/random.ts';
import { answered, answers, ask, peerOf, serve } from './scene.ts';

const MiB = 1024 * 1024;

/** A server and a good client of it, which has to be served whatever the others send. */
let server: QuasizeroServer;
let good: Peer;
let asked: number;
/** What went wrong, and why connections closed. */
let errors: WireError[];
let reasons: CloseReason[];

beforeEach(async () => {
  // Connections of the test before may still close: they tell what is theirs.
  const failed: WireError[] = (errors = []);
  const closed: CloseReason[] = (reasons = []);
  asked = 0;
  server = await serve(
    {
      1: (_request, response) => response.setString('PONG'),
      2: (request, response) => response.set(request.payload),
    },
    { timeout: 300, closeTimeout: 300 },
    (made) =>
      made.onError((_connection, error) => failed.push(error)).onClose((_connection, reason) => closed.push(reason)),
  );
  good = await peerOf(server);
});

/** Whether the good client gets its answers. */
async function served(): Promise<void> {
  good.socket.write(Buffer.concat([ask(1), ask(2, `${++asked}`)]));
  const all = await answered(good, 2 * asked);
  expect(all.slice(-2)).toEqual(['PONG', `${asked}`]);
}

const refused = table.filter(({ is }) => typeof is === 'string');

test.each(refused)('$name: what came before is answered, and the connection closed', async ({ bytes, is }) => {
  const peer = await peerOf(server);
  const input = Buffer.concat([ask(1), bytes]);
  if (is === 'WIRE_TRUNCATED') peer.socket.end(input);
  else peer.socket.write(input);
  await peer.end();
  expect(answers(peer)).toEqual(['PONG']);
  peer.socket.destroy();
  await peer.closed;
  await expect.poll(() => reasons, { interval: 2 }).toEqual(['protocol-error']);
  expect(errors.map(({ code }) => code)).toEqual([is]);
  await served();
});

test('16 MiB are accepted, one byte more is refused before it comes, and the good client is served meanwhile', async () => {
  const peer = await peerOf(server);
  peer.socket.write(requestOf(LIMIT));
  await served();
  await peer.has(LIMIT - 7);
  const { external } = process.memoryUsage();
  const over = await peerOf(server);
  over.socket.write(varint(LIMIT + 1));
  await over.end();
  expect(over.bytes).toBe(0);
  expect(process.memoryUsage().external - external).toBeLessThan(8 * MiB);
  expect(errors.map(({ code }) => code)).toEqual(['WIRE_FRAME_TOO_LARGE']);
  await served();
});

test('a length that is claimed and never filled takes no memory', async () => {
  const { external } = process.memoryUsage();
  const peers = await Promise.all(Array.from({ length: 20 }, () => peerOf(server)));
  for (const peer of peers) peer.socket.write(Buffer.concat([varint(LIMIT), Buffer.from([8, 2, 0x1a])]));
  await served();
  expect(process.memoryUsage().external - external).toBeLessThan(8 * MiB);
  await Promise.all(peers.map((peer) => peer.end()));
  expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => 'WIRE_FRAME_TIMEOUT'));
  await served();
});

test('random bytes, raw and in frames, harm nobody', async () => {
  const next = random(7);
  const some = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
  for (let i = 0; i < 60; i++) {
    const peer = await peerOf(server);
    const bytes = some(1 + Math.floor(next() * 400));
    peer.socket.end(i % 2 === 0 ? bytes : Buffer.concat([ask(1), delimited(bytes), ask(1)]));
    await peer.over();
    if (i % 2 === 1) expect(answers(peer)[0]).toBe('PONG');
    peer.socket.destroy();
    await peer.closed;
  }
  await served();
  // Nothing but errors of the protocol, and none of this side.
  for (const error of errors) expect(error.code).toMatch(/^WIRE_(PROTOCOL|FRAME_TOO_LARGE|TRUNCATED)$/);
});

test('100,000 requests of two bytes, each in a chunk or all in one, are answered', async () => {
  const peer = await peerOf(server);
  const request = ask(1);
  peer.socket.write(Buffer.concat(Array.from({ length: 100_000 }, () => request)));
  await peer.has(100_000 * 7);
  for (let i = 0; i < 200; i++) for (const byte of request) peer.socket.write(Buffer.from([byte]));
  await peer.has(100_200 * 7);
  await served();
});

test('a peer that never reads its answers is held back, and broken off', async () => {
  const peer = await peerOf(server);
  peer.socket.pause();
  const request = ask(2, Buffer.alloc(64 * 1024, 'x'));
  let most = 0;
  const watch = setInterval(() => {
    for (const connection of server.connections) most = Math.max(most, connection.bufferedBytes);
  }, 1);
  for (let i = 0; i < 800; i++) peer.socket.write(request);
  await expect.poll(() => reasons).toEqual(['write-stall']);
  clearInterval(watch);
  // The high-water mark and an answer, of the 50 MiB that were asked for.
  expect(most).toBeLessThan(512 * 1024);
  await served();
});
