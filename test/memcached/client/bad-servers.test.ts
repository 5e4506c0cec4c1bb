import type { Socket } from 'node:net';

import { type ClientProtocol, MemcachedClient } from '@wirewright/memcached';
import { expect, onTestFinished, test } from 'vitest';

import { badServer, clientOf, hit } from './bad-server.ts';

const LOST = { code: 'WIRE_CONNECTION_LOST', sent: true, reason: 'protocol-error' };

test.each<[string, ClientProtocol, string | Buffer]>([
  ['garbage', 'meta', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['garbage', 'text', '\0\x01\x02\r\n'],
  ['garbage', 'binary', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['the answer to another command', 'meta', 'MN\r\n'],
  ['the answer to another command', 'text', 'STORED\r\n'],
  ['the answer to another command', 'binary', hit('x', 0, 1)],
  ['an item that was not asked for', 'text', 'VALUE other 0 1\r\nx\r\nEND\r\n'],
  ['an answer with an opaque that was not sent', 'binary', hit('x', 7)],
  ['a value that is longer than it says', 'meta', 'VA 1 f0\r\nxx\r\n'],
  ['a value of a length that is none', 'meta', 'VA x f0\r\nxx\r\n'],
  ['a value of more than may be', 'meta', 'VA 99999999 f0\r\n'],
  ['a line without an end', 'text', 'x'.repeat(20_000)],
])('an answer that is %s fails the call, and the connection is replaced: %s', async (_, protocol, answer) => {
  const server = await badServer((socket, _chunk, connection) => {
    if (connection === 1) socket.write(answer);
    else if (protocol === 'binary') socket.write(hit('y'));
    else socket.write(protocol === 'meta' ? 'VA 1 f0\r\ny\r\n' : 'VALUE k 0 1\r\ny\r\nEND\r\n');
  });
  const client = clientOf(server, protocol);
  await expect(client.get('k')).rejects.toMatchObject(LOST);
  expect(String(await client.get('k'))).toBe('y');
  expect(server.connections.length).toBe(2);
  expect(client.servers[0]!.pool.open).toBe(1);
});

test('an unsolicited line replaces the connection, and nobody gets it', async () => {
  const server = await badServer((socket, _chunk, connection) => {
    socket.write(connection === 1 ? 'HD\r\nHD\r\n' : 'HD\r\n');
  });
  const client = clientOf(server);
  await client.set('k', 'x');
  await expect.poll(() => client.servers[0]!.pool.open).toBe(0);
  await client.set('k', 'x');
  expect(server.connections.length).toBe(2);
});

test('a server that closes in the middle of a value fails those calls that it owes, and no others', async () => {
  const server = await badServer((socket, _chunk, connection) => {
    if (connection === 1) socket.end('VA 1 f0\r\na\r\nVA 10 f0\r\n12345');
    else socket.write('VA 1 f0\r\nb\r\n');
  });
  const client = clientOf(server);
  const [first, second, third] = await Promise.allSettled([client.get('a'), client.get('b'), client.get('c')]);
  expect(first).toMatchObject({ status: 'fulfilled', value: Buffer.from('a') });
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'WIRE_CONNECTION_LOST' } });
  expect(third).toMatchObject({ status: 'rejected', reason: { code: 'WIRE_CONNECTION_LOST' } });
  expect(String(await client.get('b'))).toBe('b');
});

test('an answer that comes too late is nobody elses', async () => {
  const late: string[] = [];
  const server = await badServer((socket, chunk) => {
    const key = /mg (\S+)/.exec(String(chunk))?.[1];
    if (key === undefined) return;
    // The first one is answered when the second has come, and both at once.
    late.push(`VA ${key.length} f0\r\n${key}\r\n`);
    if (late.length === 2) socket.write(late.join(''));
  });
  const client = clientOf(server);
  await expect(client.get('first', { timeout: 50 })).rejects.toMatchObject({
    code: 'WIRE_REQUEST_TIMEOUT',
    sent: true,
  });
  expect(String(await client.get('second'))).toBe('second');
  expect(server.connections.length).toBe(1);
  expect(client.counters).toMatchObject({ calls: 2, hits: 1, timeouts: 1 });
});

test('an error to a command that nobody waits for is not taken for the answer to the next', async () => {
  const server = await badServer((socket, chunk) => {
    const answers: string[] = [];
    for (const line of String(chunk).split('\r\n')) {
      if (line.startsWith('ms quiet')) answers.push('SERVER_ERROR out of memory storing object');
      else if (line.startsWith('mn')) answers.push('MN');
      else if (line.startsWith('mg')) answers.push('VA 1 f0\r\nx');
      else if (line.startsWith('ms')) answers.push('HD');
    }
    socket.write(answers.map((answer) => `${answer}\r\n`).join(''));
  });
  const client = clientOf(server);
  void client.set('quiet', '1', { noreply: true });
  const got = client.get('k');
  void client.set('quiet', '2', { noreply: true });
  const stored = client.set('loud', '3');
  expect(String(await got)).toBe('x');
  expect(await stored).toBeUndefined();
  expect(client.counters.unansweredErrors).toBe(2);
});

test('what is asked in one turn leaves in one write, whoever asks', async () => {
  const server = await badServer((socket, chunk) => {
    const gets = String(chunk).match(/mg /g) ?? [];
    socket.write('EN\r\n'.repeat(gets.length));
  });
  const client = clientOf(server);
  await client.get('first');
  server.chunks.length = 0;
  await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      // Callers that a promise has resumed are of the same turn.
      if (i % 2 === 0) await Promise.resolve();
      return client.get(`k${i}`);
    }),
  );
  expect(server.chunks.length).toBe(1);
});

test('gets of one turn are one command of the text protocol', async () => {
  const server = await badServer((socket) => socket.write('VALUE b 0 1\r\nx\r\nEND\r\n'));
  const client = clientOf(server, 'text');
  const got = await Promise.all([client.get('a'), client.get('b'), client.get('c')]);
  expect(got.map((value) => value && String(value))).toEqual([undefined, 'x', undefined]);
  expect(String(server.chunks[0])).toBe('get a b c\r\n');
});

test('gets of one turn are quiet but for the last in the binary protocol', async () => {
  const server = await badServer((socket) => {
    const miss = Buffer.from('810000000000000100000000000000020000000000000000', 'hex');
    socket.write(Buffer.concat([hit('x', 1, 9), miss]));
  });
  const client = clientOf(server, 'binary');
  const got = await Promise.all([client.get('a'), client.get('b'), client.get('c')]);
  expect(got.map((value) => value && String(value))).toEqual([undefined, 'x', undefined]);
  expect([0, 25, 50].map((at) => server.chunks[0]![at + 1])).toEqual([9, 9, 0]);
});

test('a server that takes everything and answers nothing is given up, whatever is asked of it', async () => {
  const server = await badServer(() => {});
  const client = clientOf(server, 'meta', {
    failures: 2,
    timeout: 100,
    reconnect: { minDelay: 10_000, maxDelay: 10_000 },
  });
  const calls = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => client.get(`k${i}`)));
  expect(new Set(calls.map((call) => (call as PromiseRejectedResult).reason.code))).toEqual(
    new Set(['WIRE_REQUEST_TIMEOUT']),
  );
  await expect(client.get('k')).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
  const refused = { code: 'MEMCACHED_SERVER_DOWN', sent: false, server: `127.0.0.1:${server.port}` };
  await expect(client.get('k')).rejects.toMatchObject(refused);
  // Nothing of it is kept.
  await expect
    .poll(() => server.connections.every(({ destroyed, readableEnded }) => destroyed || readableEnded))
    .toBe(true);
  expect(client.servers[0]!.pool.inFlight).toBe(0);
});

test('a caller in a hurry does not eject a server', async () => {
  const server = await badServer(() => {});
  const client = clientOf(server, 'meta', { failures: 1, timeout: 5000 });
  await expect(client.get('k', { timeout: 20 })).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
  expect(client.servers[0]!.up).toBe(true);
});

test('callers with deadlines of their own eject a silent server, too, unless those are very short', async () => {
  const server = await badServer(() => {});
  const client = clientOf(server, 'meta', {
    failures: 2,
    timeout: 300,
    reconnect: { minDelay: 10_000, maxDelay: 10_000 },
  });
  for (const up of [true, false]) {
    await expect(client.get('k', { timeout: 100 })).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
    expect(client.servers[0]!.up).toBe(up);
  }
});

test('what is given up is counted as that', async () => {
  const server = await badServer(() => {});
  const client = clientOf(server, 'meta', { failures: 1, timeout: 5000 });
  const controller = new AbortController();
  const calls = client.getMany(['a', 'b', 'c'], { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(calls).rejects.toMatchObject({ code: 'MEMCACHED_BATCH_FAILED', cause: new Error('enough') });
  await expect.poll(() => client.servers[0]!.pool.open).toBe(1);
  await expect(client.get('k', { timeout: 20 })).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
  expect(client.counters).toMatchObject({ calls: 4, aborts: 3, timeouts: 1, lost: 0 });
  expect(client.servers[0]!.up).toBe(true);
});

test('a silent connection is pinged, and closed when it does not answer', async () => {
  let silent = false;
  const server = await badServer((socket, chunk) => {
    if (silent) return;
    if (String(chunk).startsWith('version')) socket.write('VERSION 1\r\n');
    else socket.write('EN\r\n');
  });
  const client = clientOf(server, 'meta', { heartbeat: { interval: 40, misses: 2 }, timeout: 2000 });
  await client.get('k');
  await expect.poll(() => server.chunks.filter((chunk) => String(chunk) === 'version\r\n').length).toBeGreaterThan(2);
  expect(client.servers[0]!.pool.open).toBe(1);
  silent = true;
  await expect.poll(() => client.servers[0]!.pool.open).toBe(0);
  silent = false;
  expect(await client.get('k')).toBeUndefined();
});

test('more calls than may wait are refused, and the others answered', async () => {
  let held: Socket | undefined;
  const server = await badServer((socket) => {
    held = socket;
  });
  const client = clientOf(server, 'meta', { maxWaiting: 10, timeout: 5000 });
  const calls = Array.from({ length: 15 }, (_, i) => client.get(`k${i}`));
  const refused = await Promise.allSettled(calls.slice(10));
  for (const call of refused) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'WIRE_QUEUE_FULL', sent: false } });
  }
  await expect.poll(() => held).toBeDefined();
  held!.write('EN\r\n'.repeat(10));
  expect(await Promise.all(calls.slice(0, 10))).toEqual(Array.from({ length: 10 }));
  const again = client.get('k');
  await expect.poll(() => server.chunks.length).toBe(2);
  held!.write('EN\r\n');
  expect(await again).toBeUndefined();
});

test('what nobody waits for fails unheard', async () => {
  const client = new MemcachedClient('127.0.0.1:1', { failures: 1 });
  onTestFinished(async () => {
    await client.close();
  });
  await client.get('k').catch(() => {});
  expect(client.servers[0]!.up).toBe(false);
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  onTestFinished(() => void process.off('unhandledRejection', hear));
  void client.set('k', 'x', { noreply: true });
  void client.delete('k', { noreply: true });
  void client.set('a b', 'x', { noreply: true });
  void client.incr('a b', 1, { noreply: true });
  void client.touch('k', -1, { noreply: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(unheard).toEqual([]);
});

test('options that are none are a rejection', async () => {
  const client = new MemcachedClient('127.0.0.1:1');
  onTestFinished(async () => {
    await client.close();
  });
  const none = null as never;
  const refused = { code: 'WIRE_INVALID_OPTION' };
  const calls = [
    client.get('k', none),
    client.set('k', 'x', none),
    client.delete('k', none),
    client.touch('k', 1, none),
    client.incr('k', 1, none),
    client.getMany(['k'], none),
    client.getMany(5 as never),
    client.setMany(none),
    client.update('k', none),
    client.version(none),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject(refused);
});

test('closing answers what there is, and takes nothing more', async () => {
  const server = await badServer((socket) => setTimeout(() => socket.write('VA 1 f0\r\nx\r\n'), 50));
  const client = clientOf(server);
  const call = client.get('k');
  const closed = client.close();
  expect(client.close()).toBe(closed);
  expect(String(await call)).toBe('x');
  await closed;
  await expect(client.get('k')).rejects.toMatchObject({ code: 'WIRE_CLOSED' });
  await expect(client.getMany(['k'])).rejects.toMatchObject({ code: 'MEMCACHED_BATCH_FAILED' });
});

test('values that are larger than the socket takes leave one after the other, and none is lost', async () => {
  let received = 0;
  const size = 2 ** 19 + 'ms key10 524288\r\n\r\n'.length;
  const server = await badServer((socket, chunk) => {
    const before = Math.floor(received / size);
    received += chunk.length;
    const after = Math.floor(received / size);
    socket.write('HD\r\n'.repeat(after - before));
  });
  const client = clientOf(server, 'meta', { timeout: 20_000 });
  const value = Buffer.alloc(2 ** 19, 'v');
  // Together more than a connection may hold unsent.
  await Promise.all(Array.from({ length: 60 }, (_, i) => client.set(`key${10 + i}`, value)));
  expect(received).toBe(60 * size);
});
