import type { Duplex } from 'node:stream';

import { ClosedError, InvalidOptionError } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { AdminClient } from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { issue } from '../support/certificates.ts';
import { duplexPair } from '../support/duplex-pair.ts';
import { patient } from '../support/patience.ts';
import { freePort } from '../support/programs.ts';
import { adminOf, adminScene } from './admin-scene.ts';
import { serve, Talk, worker } from './scene.ts';

describe('servers that fail', () => {
  test('one that never answers has its connection broken off', async () => {
    const clock = new FakeClock();
    const { admin, server } = await adminScene((_line, connection) => (connection === 1 ? undefined : 'OK 2\n'), {
      clock,
    });
    const asked = Promise.allSettled([admin.status(), admin.version({ timeout: 20_000 })]);
    await vi.waitFor(() => expect(server.lines).toHaveLength(2), patient);
    clock.advance(11_000);
    const [late, behind] = await asked;
    expect(late).toMatchObject({ reason: { code: 'WIRE_REQUEST_TIMEOUT', sent: true } });
    expect(behind).toMatchObject({ reason: { code: 'WIRE_CONNECTION_LOST', cause: { code: 'WIRE_UNANSWERED' } } });
    expect(await admin.version()).toBe('2');
    expect(server.sockets).toHaveLength(2);
  });

  test('one that takes longer than one command may take keeps it', async () => {
    const { admin, server } = await adminScene((line, _connection, socket) => {
      if (line === 'version') return 'OK 1\n';
      // Until it is told.
      socket.cork();
      return 'OK 2\n.\n';
    });
    await admin.version();
    await expect(admin.showUniqueJobs({ timeout: 20 })).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT' });
    const controller = new AbortController();
    const aborted = admin.version({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const version = admin.version();
    await vi.waitFor(() => expect(server.lines).toHaveLength(4), patient);
    server.sockets[0]!.uncork();
    expect(await version).toBe('1');
    expect(server.sockets).toHaveLength(1);
  });

  test('one that closes in the middle of an answer', async () => {
    const { admin, server } = await adminScene((_line, connection, socket) => {
      if (connection > 1) return 'OK 2\n';
      socket.end('f\t1\t2');
      return undefined;
    });
    const asked = await Promise.allSettled([admin.status(), admin.version()]);
    for (const result of asked) expect(result).toMatchObject({ reason: { code: 'WIRE_CONNECTION_LOST', sent: true } });
    expect(await admin.version()).toBe('2');
    expect(server.sockets).toHaveLength(2);
  });

  test('one that is not there, until it is', async () => {
    const port = await freePort();
    const admin = adminOf(`127.0.0.1:${port}`);
    expect(admin.name).toBe(`127.0.0.1:${port}`);
    for (let i = 0; i < 2; i++) {
      await expect(admin.status()).rejects.toMatchObject({ code: 'WIRE_CONNECT_FAILED', sent: false });
    }
    const server = await serve();
    await server.listen({ port, host: '127.0.0.1' });
    await vi.waitFor(async () => expect(await admin.status()).toEqual([]), patient);
  });

  test('one that is too slow to connect to', async () => {
    const clock = new FakeClock();
    const admin = adminOf({ stream: () => new Promise<Duplex>(() => {}) }, { clock, connectTimeout: 700 });
    const hurried = admin.status({ timeout: 300 });
    const asked = admin.status();
    clock.advance(699);
    await expect(hurried).rejects.toMatchObject({ code: 'WIRE_REQUEST_TIMEOUT', sent: false });
    clock.advance(1);
    await expect(asked).rejects.toMatchObject({ code: 'WIRE_CONNECT_TIMEOUT', sent: false });
  });
});

describe('what is refused before it is sent', () => {
  const never = (): AdminClient => adminOf({ stream: () => Promise.reject(new Error('it was sent')) });

  test.each(['', 'two words', 'tab\t', 'line\n', 'line\r', 'nul\0', '\x7f', ' ', 'x'.repeat(8190)])(
    'the word %j',
    async (word) => {
      const admin = never();
      const all = [
        admin.cancelJob(word),
        admin.cancelUnique(word, 'u'),
        admin.cancelUnique('f', word),
        admin.cancelFunction(word),
        admin.createFunction(word),
        admin.dropFunction(word),
        admin.maxQueue(word),
      ];
      for (const result of await Promise.allSettled(all)) {
        expect(result).toMatchObject({
          reason: { name: 'InvalidNameError', code: 'GEARMAN_INVALID_NAME', sent: false },
        });
      }
    },
  );

  test.each(['', ' status', 'status\n', 'status\r\nversion', 'status\0', '\tstatus'])(
    'the command %j',
    async (line) => {
      await expect(never().command(line)).rejects.toMatchObject({ code: 'GEARMAN_INVALID_NAME' });
    },
  );

  test('options', async () => {
    const admin = never();
    const refused = [
      admin.status({ timout: 5 } as never),
      admin.status({ timeout: -1 }),
      admin.status({ signal: {} as never }),
      admin.maxQueue('f', 0),
      admin.maxQueue('f', 1.5),
      admin.maxQueue('f', { hihg: 5 } as never),
      admin.maxQueue('f', { low: -1 }),
      admin.shutdown({ graceful: 'yes' as never }),
      admin.command('x', { ends: 'word' as never }),
    ];
    for (const result of await Promise.allSettled(refused)) {
      expect(result).toMatchObject({ reason: { code: 'WIRE_INVALID_OPTION' } });
    }
    for (const options of [
      { timeout: 0.5 },
      { connectTimeout: 0 },
      { maxAnswerLength: 1 },
      { maxWaiting: 0 },
      { timout: 5 },
      { tls: 'yes' },
    ]) {
      expect(() => new AdminClient('127.0.0.1', options as never)).toThrow(InvalidOptionError);
    }
    for (const place of ['', 'a:b', { port: 0 }, { prot: 1 }, undefined]) {
      expect(() => new AdminClient(place as never)).toThrow(InvalidOptionError);
    }
  });

  test('a command whose signal is aborted already', async () => {
    await expect(never().status({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});

describe('the end', () => {
  test('waits for what is under way, connecting included, and takes no more', async () => {
    const { admin, server } = await adminScene('OK 1\n');
    const asked = admin.version();
    const closed = admin.close();
    expect(admin.close()).toBe(closed);
    await expect(admin.version()).rejects.toBeInstanceOf(ClosedError);
    expect(await asked).toBe('1');
    await closed;
    await vi.waitFor(() => expect(server.sockets[0]!.destroyed).toBe(true), patient);
    expect(server.lines).toEqual(['version\r\n']);
  });

  test('does not wait longer than the grace, or its signal', async () => {
    const signal = AbortSignal.abort();
    for (const options of [{ grace: 20 }, { signal }, { grace: 0 }]) {
      const { admin } = await adminScene(() => undefined);
      const asked = admin.version().catch((error: { code: string }) => error.code);
      await admin.close(options);
      expect(await asked).toMatch(/^WIRE_C(LOSED|ONNECTION_LOST)$/);
    }
    expect(() => adminOf('127.0.0.1').close({ grace: -1 })).toThrow(InvalidOptionError);
  });

  test('is at once when it is destroyed', async () => {
    const { admin, server } = await adminScene(() => undefined);
    const asked = admin.version();
    await vi.waitFor(() => expect(server.lines).toHaveLength(1), patient);
    admin.destroy();
    await expect(asked).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST' });
    await expect(admin.version()).rejects.toBeInstanceOf(ClosedError);
    await admin.close();
  });

  test('comes with the block', async () => {
    const { server } = await adminScene('OK 1\n');
    {
      await using admin = new AdminClient({ port: server.port });
      await admin.version();
    }
    await vi.waitFor(() => expect(server.sockets[0]!.destroyed).toBe(true), patient);
  });
});

describe('places', () => {
  test('a stream', async () => {
    const server = await serve({ version: '1.2.3' });
    const stream = (): Duplex => {
      const [here, there] = duplexPair();
      server.attach(there);
      return here;
    };
    const admin = adminOf({ stream, name: 'memory' });
    expect(admin.name).toBe('memory');
    expect(await admin.version()).toBe('1.2.3');
  });

  test('by TLS', async () => {
    const identity = await issue(['127.0.0.1']);
    const server = await serve({ version: '1.2.3' });
    const [port, host] = [await freePort(), '127.0.0.1'];
    await server.listen({ port, host, tls: identity });
    expect(await adminOf({ port, host }, { tls: { ca: identity.cert } }).version()).toBe('1.2.3');
    expect(await adminOf({ port, host, tls: { ca: identity.cert } }).version()).toBe('1.2.3');
    await expect(adminOf({ port, host, tls: true }).version()).rejects.toMatchObject({ code: 'WIRE_TLS_CERTIFICATE' });
  });
});

test('a thousand functions, seen by a hundred who ask at once', async () => {
  const server = await serve();
  await worker(server, ...Array.from({ length: 1000 }, (_, i) => `f${i}`));
  const c = await Talk.to(server);
  await c.send('SUBMIT_JOB', 'f7', 'u', '').all();
  const admin = adminOf({ port: server.port });
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? admin.status() : admin.workers())),
  );
  for (const [i, rows] of all.entries()) expect(rows).toHaveLength(i % 2 === 0 ? 1000 : 3);
  expect((await admin.json())['functions']).toHaveLength(1000);
});
