import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { type CallCounters, type ClientProtocol, MemcachedClient } from '@wirewright/memcached';
import { expect, onTestFinished, test } from 'vitest';

import { serve } from '../scene.ts';
import { badServer, clientOf } from './bad-server.ts';

const NOTHING: CallCounters = {
  calls: 0,
  hits: 0,
  misses: 0,
  errors: 0,
  unansweredErrors: 0,
  timeouts: 0,
  aborts: 0,
  lost: 0,
  ejections: 0,
};

/** What lies in front of a server, and ends a connection when so many bytes of answers have passed: each one a byte later than the one before. */
interface Cutter {
  readonly port: number;
  /** For the connection that comes next. */
  limit: number;
  /** Bytes of answers of the connection that had the most. */
  longest: number;
}

async function cutterOf(port: number): Promise<Cutter> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1' });
    for (const socket of [near, far]) {
      sockets.push(socket);
      socket.on('error', () => {});
    }
    near.pipe(far);
    const limit = cutter.limit++;
    let passed = 0;
    far.on('data', (chunk: Buffer) => {
      near.write(chunk.subarray(0, limit - passed));
      passed += chunk.length;
      cutter.longest = Math.max(cutter.longest, passed);
      if (passed >= limit) near.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const cutter = { port: (server.address() as { port: number }).port, limit: Infinity, longest: 0 };
  return cutter;
}

/** What somebody asks in one turn: lookups of which three are there and two are not, one error, and what nobody waits for, of which two are refused. */
function ask(client: MemcachedClient): { lookups: Promise<unknown>[]; others: Promise<unknown>[] } {
  const large = Buffer.alloc(2000);
  const lookups: Promise<unknown>[] = [client.get('a'), client.get('none'), client.get('b')];
  const quiet = [client.set('quiet', 'x', { noreply: true }), client.set('quiet', large, { noreply: true })];
  lookups.push(client.getAndTouch('a', 60), client.gets('nobody'));
  quiet.push(client.set('quiet', large, { noreply: true }));
  return { lookups, others: [client.incr('text'), client.delete('nothing'), ...quiet] };
}

test.each<ClientProtocol>(['meta', 'text', 'binary'])(
  'each call is counted once, wherever its answer breaks off: %s',
  async (protocol) => {
    const server = await serve({ maxItemSize: 1024 });
    const cutter = await cutterOf(server.port!);
    const counted = async (): Promise<{ counters: CallCounters; codes: string[] }> => {
      const client = clientOf(cutter, protocol, { timeout: 10_000 });
      const { lookups, others } = ask(client);
      const results = await Promise.allSettled([...lookups, ...others]);
      await client.close();
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'fulfilled'));
      return { counters: client.counters, codes };
    };

    const filler = clientOf({ port: server.port! }, protocol);
    await filler.setMany({ a: '1', b: '22', text: 'x' });
    const { counters } = await counted();
    // The server keeps what it thinks of `noreply` to itself in the text protocol.
    const unansweredErrors = protocol === 'text' ? 0 : 2;
    expect(counters).toEqual({ ...NOTHING, calls: 10, hits: 3, misses: 2, errors: 1, unansweredErrors });

    const { longest } = cutter;
    expect(longest).toBeGreaterThan(40);
    cutter.limit = 0;
    const all = await Promise.all(Array.from({ length: longest }, counted));
    expect(cutter.limit).toBe(longest);
    for (const { counters: cut, codes } of all) {
      const seen = JSON.stringify({ cut, codes });
      expect(cut.hits + cut.misses, seen).toBe(codes.slice(0, 5).filter((code) => code === 'fulfilled').length);
      expect(cut.errors, seen).toBe(codes.filter((code) => code === 'MEMCACHED_COMMAND_FAILED').length);
      expect(cut.lost, seen).toBeGreaterThan(0);
      const deleted = Number(codes[6] === 'fulfilled');
      const known = cut.hits + cut.misses + cut.errors + cut.unansweredErrors + cut.lost + deleted;
      // Those that nobody waits for, and that the server has nothing against, are lost, or nothing is said of them.
      expect(known, seen).toBeLessThanOrEqual(10);
      expect(known, seen).toBeGreaterThanOrEqual(7 + unansweredErrors);
    }
  },
);

test('each get of a command that asks for many is counted', async () => {
  const server = await badServer((socket) => socket.write('SERVER_ERROR out of memory\r\n'));
  const client = clientOf(server, 'text');
  const got = await Promise.allSettled([client.get('a'), client.get('b'), client.get('c')]);
  expect(got.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(client.counters).toEqual({ ...NOTHING, calls: 3, errors: 3 });
});

test.each<[ClientProtocol, string]>([
  ['meta', 'STORED\r\n'],
  ['text', 'HD\r\n'],
  ['binary', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
])('a call that is answered with what is no answer is lost, and no error: %s', async (protocol, answer) => {
  const server = await badServer((socket) => socket.write(answer));
  const client = clientOf(server, protocol);
  await expect(client.get('k')).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST' });
  expect(client.counters).toEqual({ ...NOTHING, calls: 1, lost: 1 });
});

test.each<ClientProtocol>(['meta', 'text', 'binary'])(
  'what nobody waits for is given up as the rest is: %s',
  async (protocol) => {
    const server = await badServer(() => {});
    const client = clientOf(server, protocol, { timeout: 50 });
    void client.set('k', 'x', { noreply: true });
    void client.delete('k', { noreply: true });
    await expect(client.get('k')).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
    expect(client.counters).toEqual({ ...NOTHING, calls: 3, timeouts: 3 });
  },
);

test('what the client asks for itself is no call', async () => {
  let pings = 0;
  const server = await badServer((socket, chunk) => {
    if (String(chunk).startsWith('version')) {
      pings++;
      socket.write('ERROR\r\n');
    } else {
      socket.write('EN\r\n');
    }
  });
  const client = clientOf(server, 'meta', { heartbeat: { interval: 20, misses: 1000 } });
  await client.get('k');
  await expect.poll(() => pings).toBeGreaterThan(2);
  expect(client.counters).toEqual({ ...NOTHING, calls: 1, misses: 1 });
});

test('what was asked of a server that is removed stays counted', async () => {
  let answered = true;
  const server = await badServer((socket) => {
    if (answered) socket.write('EN\r\n');
  });
  const other = await serve();
  const client = new MemcachedClient([`127.0.0.1:${server.port}`, `127.0.0.1:${other.port}`], {
    // All keys are of the first one, while it is there.
    distribution: () => () => 0,
    timeout: 10_000,
  });
  onTestFinished(async () => {
    await client.close({ grace: 0 });
  });
  await client.get('k');
  answered = false;
  const last = client.get('k');
  const removed = client.removeServer(`127.0.0.1:${server.port}`, { grace: 0 });
  // It is counted while it leaves, ...
  expect(client.counters).toEqual({ ...NOTHING, calls: 2, misses: 1 });
  await expect(last).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST' });
  await removed;
  // ... and when it has left.
  expect(client.counters).toEqual({ ...NOTHING, calls: 2, misses: 1, lost: 1 });
  await client.get('k');
  expect(client.counters).toEqual({ ...NOTHING, calls: 3, misses: 2, lost: 1 });
  expect(client.servers.map(({ counters }) => counters.calls)).toEqual([1]);
});

test('the connections of a server are counted on when it was down', async () => {
  const server = await badServer((socket, chunk, connection) => {
    if (String(chunk).startsWith('version')) socket.write('VERSION 1\r\n');
    else if (connection > 4) socket.write('EN\r\n');
    else socket.destroy();
  });
  const client = clientOf(server, 'meta', { failures: 1, reconnect: { minDelay: 1, maxDelay: 1 }, timeout: 10_000 });
  let before = client.servers[0]!.pool;
  const look = (): void => {
    const { pool } = client.servers[0]!;
    for (const name of ['dialed', 'dialFailures', 'closed'] as const)
      expect(pool[name], name).toBeGreaterThanOrEqual(before[name]);
    before = pool;
  };
  await expect
    .poll(
      async () => {
        const got = await client.get('k').then(
          () => 'answered',
          () => 'lost',
        );
        look();
        return got;
      },
      { interval: 2, timeout: 10_000 },
    )
    .toBe('answered');
  expect(client.counters.ejections).toBeGreaterThan(0);
  expect(server.connections.length).toBeGreaterThan(4);
  const { length } = server.connections;
  await expect
    .poll(() => client.servers[0]!.pool)
    .toMatchObject({ open: 1, dialed: length, dialFailures: 0, closed: length - 1 });
});
