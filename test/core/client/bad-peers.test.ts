import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { type Line, line } from '@wirewright/codec-line';
import {
  Client,
  ConnectError,
  type Connection,
  ConnectionLostError,
  ConnectTimeoutError,
  Exchange,
  type Pool,
  PoolTimeoutError,
  RequestTimeoutError,
  UnansweredError,
  UnexpectedReplyError,
  WireError,
} from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';

const host = '127.0.0.1';
const whole = (frame: string): string => frame;
const noBlackHole = 'skipped: this kernel answers for a listener that accepts nothing';
/** What a deadline of a tenth of a second may take on a busy machine. */
const soon = 8000;

let client: Client<string, Line>;
let warnings: unknown[];

beforeEach(() => {
  // A line that was cut off is none.
  client = new Client<string, Line>({ codec: line({ unterminated: 'error' }), closeTimeout: 100 });
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning));
});

afterEach(async () => {
  client.destroy();
  await client.close();
  vi.restoreAllMocks();
  if (warnings.length > 0) throw new Error('warned', { cause: warnings });
});

/** A server that does `serve` with each line it gets, and its port. */
async function peer(serve: (socket: Socket, text: string) => unknown): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const text of String(chunk).split('\n').filter(Boolean)) serve(socket, text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Has every name looked up to these addresses. */
function resolveTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: 4 }));
  const lookup = (_name: string, _options: unknown, done: (error: null, all: unknown) => void): void =>
    void setImmediate(done, null, found);
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
}

/** A port where nobody listens. */
async function nobody(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function failure(promise: Promise<unknown>): Promise<WireError> {
  const began = performance.now();
  const error = await promise.then(
    (value) => expect.fail(`it was fulfilled: ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(performance.now() - began).toBeLessThan(soon);
  expect(error).toBeInstanceOf(WireError);
  return error as WireError;
}

async function exchange(port: number, timeout = 10_000): Promise<Exchange<string, Line>> {
  return new Exchange<string, Line>(await client.connect({ port, host }), { timeout });
}

/** A connection, and a pool, to a peer that is well: nothing may happen to them. */
async function bystander(): Promise<() => Promise<void>> {
  const port = await peer((socket, text) => socket.write(`${text}!\n`));
  const asking = await exchange(port);
  const pool = client.pool({ port, host });
  expect(await pool.request('before', whole)).toBe('before!');
  return async () => {
    expect(await asking.request('after', whole)).toBe('after!');
    expect(await pool.request('after', whole)).toBe('after!');
    expect([asking.counters.requests, asking.counters.replies, pool.counters.dialed]).toEqual([1, 1, 1]);
  };
}

describe('a peer that', () => {
  test('sends a reply that nobody asked for', async () => {
    const unharmed = await bystander();
    const port = await peer((socket, text) => socket.write(text === 'a' ? 'A\nsurprise\n' : 'B\n'));
    const asking = await exchange(port);
    expect(await asking.request('a', whole)).toBe('A');
    await asking.connection.closed;
    expect(asking.connection.error).toBeInstanceOf(UnexpectedReplyError);
    expect(await failure(asking.request('b', whole))).toMatchObject({
      code: 'WIRE_CONNECTION_LOST',
      sent: false,
      reason: 'protocol-error',
      cause: { code: 'WIRE_UNEXPECTED_REPLY' },
    });
    const pool = client.pool({ port, host });
    expect(await pool.request('a', whole)).toBe('A');
    await vi.waitFor(() => expect(pool.counters.closed).toBe(1), patient);
    expect(await pool.request('b', whole)).toBe('B');
    await unharmed();
  });

  test('answers after the deadline', async () => {
    const unharmed = await bystander();
    const gates: (() => void)[] = [];
    const port = await peer((socket, text) => {
      if (text === 'late') gates.push(() => socket.write('too late\n'));
      else gates.push(() => socket.write(`${text}!\n`));
    });
    const asking = await exchange(port);
    const error = await failure(asking.request('late', whole, { timeout: 50 }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(error).toMatchObject({ sent: true, message: 'no reply within 50 ms' });
    const next = asking.request('next', whole);
    await vi.waitFor(() => expect(gates.length).toBe(2), patient);
    for (const gate of gates) gate();
    expect(await next).toBe('next!');
    expect(asking.counters).toMatchObject({ requests: 2, replies: 1, timeouts: 1, late: 1 });
    expect(asking.connection.writable).toBe(true);
    await unharmed();
  });

  test('accepts and never answers', async () => {
    const unharmed = await bystander();
    const port = await peer(() => {});
    const asking = await exchange(port, 50);
    expect(await failure(asking.request('a', whole))).toBeInstanceOf(RequestTimeoutError);
    // It is given up, as a whole, when it owes more than a window.
    const narrow = new Exchange<string, Line>(await client.connect({ port, host }), { window: 2, timeout: 50 });
    for (let count = 1; count <= 3; count++) await failure(narrow.request(`${count}`, whole));
    await narrow.connection.closed;
    expect(narrow.connection.error).toBeInstanceOf(UnansweredError);
    await unharmed();
  });

  test('accepts and never answers, to a pool', async () => {
    const unharmed = await bystander();
    const port = await peer(() => {});
    const pool = client.pool({ port, host }, { window: 1, maxConnections: 2, timeout: 200, waitTimeout: 50 });
    const errors = await Promise.all(Array.from({ length: 4 }, (_, index) => failure(pool.request(`${index}`, whole))));
    expect(errors.filter((error) => error instanceof RequestTimeoutError).length).toBe(2);
    expect(errors.filter((error) => error instanceof PoolTimeoutError).length).toBe(2);
    await unharmed();
  });

  test.each<[string, (socket: Socket) => unknown, string]>([
    ['ends', (socket) => socket.end('half a re'), 'protocol-error'],
    [
      'breaks off',
      (socket) => socket.write('half a re', () => setTimeout(() => socket.resetAndDestroy(), 20)),
      'reset',
    ],
  ])('%s in the middle of a reply', async (_name, act, reason) => {
    const unharmed = await bystander();
    const port = await peer((socket, text) => (text === 'a' ? socket.write('A\n') : act(socket)));
    const asking = await exchange(port);
    const [first, second, third] = ['a', 'b', 'c'].map((message) => asking.request(message, whole));
    expect(await first).toBe('A');
    for (const lost of [second!, third!]) {
      const error = await failure(lost);
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: true });
    }
    expect(await asking.connection.closed).toBe(reason);
    await unharmed();
  });

  test('ends in the middle of a reply, to a pool, which makes another connection', async () => {
    let count = 0;
    const port = await peer((socket, text) => (++count === 1 ? socket.end('half a re') : socket.write(`${text}!\n`)));
    const pool = client.pool({ port, host });
    expect(await failure(pool.request('a', whole))).toBeInstanceOf(ConnectionLostError);
    expect(await pool.request('b', whole)).toBe('b!');
    expect(pool.counters).toMatchObject({ dialed: 2, closed: 1, open: 1 });
  });
});

describe('a place', () => {
  const everyWay: [string, (place: { port: number; host: string }) => Promise<unknown>][] = [
    ['connect()', (place) => client.connect(place)],
    ['a pool', (place) => client.pool(place).request('a', whole)],
    ['a pipeline', (place) => client.pool(place).pipeline().request('a', whole).exec()],
  ];

  test.each(everyWay)('where nobody listens, through %s', async (_name, ask) => {
    const unharmed = await bystander();
    const port = await nobody();
    const error = await failure(ask({ port, host }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: 'WIRE_CONNECT_FAILED', cause: { code: 'ECONNREFUSED' } });
    expect(error.message).toBe(`cannot connect to ${host}:${port}: connect ECONNREFUSED ${host}:${port}`);
    await unharmed();
  });

  test('where nobody listens, that has several addresses, is one readable message', async () => {
    const port = await nobody();
    resolveTo('127.0.0.1', '127.0.0.2');
    const error = await failure(client.connect({ port, host: 'several.test' }));
    const refusals = ['127.0.0.1', '127.0.0.2'].map((address) => `connect ECONNREFUSED ${address}:${port}`);
    expect(error.message).toBe(`cannot connect to several.test:${port}: ${refusals.join('; ')}`);
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED', errors: [{}, {}] });
  });

  test('of which one address is a black hole is reached at the other, after a second', async () => {
    const port = await blackHole();
    if (port === undefined) {
      console.log(noBlackHole);
      return;
    }
    const server = createServer((socket) => socket.end('hello\n'));
    onTestFinished(() => void server.close());
    const listens = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false)).listen(port, '127.0.0.2', () => resolve(true));
    });
    if (!listens) {
      console.log('skipped: this system has no 127.0.0.2');
      return;
    }
    resolveTo(host, '127.0.0.2');
    const began = performance.now();
    const connection = await client.connect({ port, host: 'several.test' });
    // Far away is not dead yet.
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(connection.remoteAddress).toBe('127.0.0.2');
    await connection.close();
  });

  test.each(everyWay)('whose name is not known, through %s', async (_name, ask) => {
    const unharmed = await bystander();
    const error = await failure(ask({ port: 9, host: 'nope.invalid' }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toMatch(
      /^cannot connect to nope\.invalid:9: getaddrinfo (ENOTFOUND|EAI_AGAIN) nope\.invalid$/,
    );
    await unharmed();
  });

  test('whose name is long in being found out: connectTimeout is for that, too', async () => {
    const clock = new FakeClock();
    const hasty = new Client({ codec: line(), connectTimeout: 3000, clock });
    const connecting = hasty.connect({ port: 9, host: 'nope.invalid' });
    clock.advance(3000);
    expect(await failure(connecting)).toBeInstanceOf(ConnectTimeoutError);
    expect(clock.pending).toBe(0);
    await hasty.close();
  });

  test('that is a black hole', async () => {
    const unharmed = await bystander();
    const port = await blackHole();
    if (port === undefined) {
      console.log(noBlackHole);
      return;
    }
    const hasty = new Client<string, Line>({ codec: line(), connectTimeout: 100 });
    const connecting = hasty.connect({ port, host });
    const error = await failure(connecting);
    expect(error).toBeInstanceOf(ConnectTimeoutError);
    expect(error.message).toBe(`no connection to ${host}:${port} within 100 ms`);

    const pool: Pool<string, Line> = hasty.pool({ port, host }, { maxConnections: 2 });
    const asked = Array.from({ length: 3 }, () => failure(pool.request('a', whole)));
    for (const rejected of await Promise.all(asked)) expect(rejected).toBeInstanceOf(ConnectTimeoutError);

    // Nor does it take longer than the time for waiting, or the user.
    const patientClient = new Client<string, Line>({ codec: line(), connectTimeout: 60_000 });
    const waiting = patientClient.pool({ port, host }, { waitTimeout: 100, dialTimeout: 60_000 });
    expect(await failure(waiting.request('a', whole))).toBeInstanceOf(PoolTimeoutError);
    const reason = new WireError('TEST_ABORTED', 'changed my mind');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    expect(await failure(patientClient.connect({ port, host }, { signal: controller.signal }))).toBe(reason);
    const closing = failure(patientClient.connect({ port, host }));
    expect(await patientClient.close()).toEqual({ drained: 0, destroyed: 0 });
    expect(await closing).toMatchObject({ code: 'WIRE_CLOSED' });
    await hasty.close();
    await unharmed();
  });
});

test('messages that come before anybody takes them are not lost, and the first of a closed peer neither', async () => {
  const port = await peer((socket, text) => socket.end(`${text}!\n`));
  const connection: Connection<string, Line> = await client.connect({ port, host });
  const asking = new Exchange<string, Line>(connection);
  expect(await asking.request('a', whole)).toBe('a!');
  expect(await connection.closed).toBe('peer');
});

/** A port where connecting takes for ever; undefined when the kernel does not let that happen. */
async function blackHole(): Promise<number | undefined> {
  const script = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '${host}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
      process.exit();
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
  });
  const [said] = (await once(child.stdout, 'data')) as [unknown];
  const port = Number(String(said));
  for (let count = 0; count < 16; count++) {
    const socket = connect(port, host).on('error', () => {});
    fillers.push(socket);
    const timer = new AbortController();
    const connected = await Promise.race([
      once(socket, 'connect', { signal: timer.signal }).then(
        () => true,
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
    ]);
    timer.abort();
    if (!connected) return port;
  }
  return undefined;
}
