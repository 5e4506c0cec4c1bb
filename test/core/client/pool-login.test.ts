import { line, type Line } from '@wirewright/codec-line';
import { Client, ConnectTimeoutError, HookError, InvalidOptionError, Pool, Server } from '@wirewright/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const whole = (frame: string): string => frame;

interface Session {
  user: string | undefined;
}

describe('onConnect of a pool', () => {
  let server: Server<string, Line, Session>;
  let client: Client<string, Line>;
  let place: { port: number; host: string };
  let logins: number;

  beforeEach(async () => {
    logins = 0;
    const data = (): Session => ({ user: undefined });
    server = new Server<string, Line, Session>({ codec: line(), data }).onRead((connection, text) => {
      if (text.startsWith('hang')) return;
      if (text.startsWith('login ')) {
        logins++;
        connection.data.user = text.slice(6);
        connection.send('welcome');
      } else {
        connection.send(`${connection.data.user ?? 'nobody'}: ${text}`);
      }
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    place = { port: server.port!, host: '127.0.0.1' };
    client = new Client<string, Line>({ codec: line() });
  });

  afterEach(async () => {
    await client.close({ grace: 0 });
    await server.close({ grace: 0 });
  });

  test('logs in on each connection before it is used', async () => {
    const pool = client.pool(place, {
      maxConnections: 3,
      window: 4,
      onConnect: async (exchange) => {
        expect(await exchange.request('login ada', whole)).toBe('welcome');
      },
    });
    const requests = Array.from({ length: 50 }, (_, i) => pool.request(`${i}`, whole));
    expect(await Promise.all(requests)).toEqual(Array.from({ length: 50 }, (_, i) => `ada: ${i}`));
    expect(logins).toBe(3);
  });

  test('that fails is a failed dial: who waits is told, and the connection is closed', async () => {
    const pool = client.pool(place, {
      onConnect: async (exchange) => {
        await exchange.request('login ada', whole);
        throw new Error('not with this password');
      },
    });
    const error = await pool.request('hello', whole).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HookError);
    expect(String(error)).toContain('not with this password');
    expect(pool.counters).toMatchObject({ open: 0, dialing: 0, dialed: 0, dialFailures: 1 });
    while (server.connections.size > 0) await new Promise(setImmediate);
  });

  test('that takes too long is a dial that does, and leaves no connection', async () => {
    const pool = client.pool(place, {
      dialTimeout: 50,
      onConnect: (exchange) => exchange.request('hang', whole),
    });
    await expect(pool.request('hello', whole)).rejects.toBeInstanceOf(ConnectTimeoutError);
    expect(pool.counters).toMatchObject({ open: 0, dialing: 0, dialFailures: 1 });
    while (server.connections.size > 0) await new Promise(setImmediate);
  });

  test('whose connection is lost meanwhile is a failed dial', async () => {
    const pool = client.pool(place, {
      onConnect: async (exchange) => {
        const reply = exchange.request('hang', whole);
        exchange.connection.destroy();
        await reply;
      },
    });
    await expect(pool.request('hello', whole)).rejects.toMatchObject({ code: 'WIRE_CONNECTION_LOST' });
    expect(pool.counters.open).toBe(0);
  });

  test('a pool that closes meanwhile does not wait for it', async () => {
    const pool = client.pool(place, { onConnect: (exchange) => exchange.request('hang', whole) });
    const asked = pool.request('hello', whole);
    asked.catch(() => {});
    while (server.counters.messagesIn === 0) await new Promise(setImmediate);
    await pool.close();
    await expect(asked).rejects.toMatchObject({ code: 'WIRE_CLOSED' });
    while (server.connections.size > 0) await new Promise(setImmediate);
  });

  test('has to be a function', () => {
    const dial = (): Promise<never> => Promise.reject(new Error('never called'));
    expect(() => new Pool({ dial, onConnect: 'login' as never })).toThrow(InvalidOptionError);
  });
});
