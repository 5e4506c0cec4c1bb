import { line, type Line } from '@wirewright/codec-line';
import { Client, type Connection, InvalidOptionError, Pool, Server } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const whole = (frame: string): string => frame;

describe('a pool', () => {
  let server: Server<string, Line>;
  let client: Client<string, Line>;
  let place: { port: number; host: string };

  beforeEach(async () => {
    server = new Server<string, Line>({ codec: line() }).onRead((connection, text) => {
      if (!text.startsWith('lost')) connection.send(text);
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    place = { port: server.port!, host: '127.0.0.1' };
    client = new Client<string, Line>({ codec: line() });
  });

  afterEach(() => {
    client.destroy();
    server.destroy();
  });

  test('does not wait long for another connection when there is room on one that may be dead, but is not', async () => {
    let dials = 0;
    const dial = ({ signal }: { signal: AbortSignal }): Promise<Connection<string, Line>> =>
      dials++ === 0 ? client.connect({ ...place }, { signal }) : new Promise<never>(() => {});
    const idOf = (text: Line): unknown => String(text).split(' ')[1];
    const pool = new Pool<string, Line>({ byId: { request: idOf, reply: idOf }, dial, waitTimeout: 5000 });
    expect(await pool.request('a 1', whole)).toBe('a 1');
    await expect(pool.request('lost 2', whole, { timeout: 20 })).rejects.toMatchObject({
      code: 'WIRE_REQUEST_TIMEOUT',
    });
    const asked = ['b 3', 'b 4', 'b 5'].map((text) => pool.request(text, whole));
    expect(await Promise.all(asked)).toEqual(['b 3', 'b 4', 'b 5']);
    // What has answered since is not in doubt any more.
    expect(await pool.request('c 6', whole)).toBe('c 6');
    await pool.close({ grace: 0 });
  });

  test('replaces a connection that a task has ended, though the peer does not end it', async () => {
    await using open = new Server<string, Line>({ codec: line(), halfOpen: true }).onRead((connection, text) =>
      connection.send(text),
    );
    await open.listen({ port: 0, host: '127.0.0.1' });
    const pool = client.pool({ ...place, port: open.port! }, { maxConnections: 1, waitTimeout: 5000 });
    await pool.use((exchange) => {
      exchange.connection.end();
      return Promise.resolve();
    });
    expect(await pool.request('a', whole)).toBe('a');
    expect(pool.counters).toMatchObject({ open: 1, dialed: 2, closed: 1 });
    open.destroy();
  });

  test('does not take connections that are made anew by their client', async () => {
    const keeping = new Client<string, Line>({ codec: line(), reconnect: true });
    const pool = new Pool<string, Line>({ dial: ({ signal }) => keeping.connect({ ...place }, { signal }) });
    const error = await pool.request('a', whole).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toContain('dial without `reconnect`');
    while (server.connections.size > 0) await new Promise(setImmediate);
    await keeping.close();
  });

  test('counts the wait of a pipeline into its timeout', async () => {
    const clock = new FakeClock();
    const timed = new Client<string, Line>({ codec: line(), clock });
    const pool = timed.pool(place, { maxConnections: 1, window: 1, waitTimeout: false });
    expect(await pool.request('connected', whole)).toBe('connected');
    const before = pool.request('lost a', whole, { timeout: 300 }).catch(() => {});
    let over = false;
    const executed = pool
      .pipeline()
      .request('lost b', whole)
      .exec({ timeout: 400 })
      .finally(() => (over = true));
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 10) {
        clock.advance(10);
        await new Promise(setImmediate);
      }
    };
    await pass(390);
    expect(over).toBe(false);
    // Twice the timeout is what it would take if it began anew.
    await pass(100);
    expect(over).toBe(true);
    await before;
    const [result] = await executed;
    expect(result.status).toBe('rejected');
    timed.destroy();
  });
});
