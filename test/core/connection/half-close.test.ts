import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { line } from '@wirewright/codec-line';
import { Client, type CloseReason, Connection, Exchange, Server, toDuplex } from '@wirewright/core';
import { embed, type EmbeddedConnection } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { authority, issue } from '../../support/certificates.ts';
import { duplexPair } from '../../support/duplex-pair.ts';

const MANY = 1000;
const ANSWERS: readonly string[] = Array.from({ length: MANY }, (_, i) => `answer ${i}`);

/** A server that answers the first line with many, all of which come together with its end. */
async function talkative(tls = false): Promise<{ place: { port: number; host: string; tls?: object } }> {
  const server = new Server<string>({ codec: line() }).onRead((connection) => {
    for (const answer of ANSWERS) connection.send(answer);
    connection.end();
  });
  onTestFinished(() => server.destroy());
  const ca = tls ? await authority() : undefined;
  const identity = ca === undefined ? undefined : await issue(['127.0.0.1'], ca);
  await server.listen({ port: 0, host: '127.0.0.1', tls: identity });
  const place = { port: server.port!, host: '127.0.0.1' };
  return { place: ca === undefined ? place : { ...place, tls: { ca: ca.cert } } };
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what has come before both sides end is handled', () => {
  test.each([false, true])('by a hook that takes its time (TLS: %s)', async (tls) => {
    const { place } = await talkative(tls);
    const got: string[] = [];
    const ends: string[] = [];
    const client = new Client<string>({ codec: line() })
      .onRead(async (_, text) => {
        await aTurn();
        got.push(text);
      })
      .onEnd(() => ends.push('end'))
      .onClose((_, reason) => ends.push(reason));
    onTestFinished(() => client.destroy());
    const connection = await client.connect(place);
    connection.send('go');
    connection.end();
    expect(await connection.closed).toBe('peer');
    expect(got).toEqual(ANSWERS);
    expect(ends).toEqual(['end', 'peer']);
  });

  test('by a loop', async () => {
    const { place } = await talkative();
    const client = new Client<string>({ codec: line() });
    onTestFinished(() => client.destroy());
    const connection = await client.connect(place);
    connection.send('go');
    connection.end();
    const got: string[] = [];
    for await (const text of connection) {
      await aTurn();
      got.push(text);
    }
    expect(got).toEqual(ANSWERS);
    expect(await connection.closed).toBe('peer');
  });

  test('by a stream', async () => {
    const { place } = await talkative();
    const messages = toDuplex<string>(line(), connect(place));
    messages.end('go');
    const got: string[] = [];
    const slow = new Writable({
      objectMode: true,
      write(text, _, written) {
        got.push(text as string);
        setImmediate(written);
      },
    });
    await pipeline(messages, slow);
    expect(got).toEqual(ANSWERS);
  });

  describe('until the connection is closed on purpose', () => {
    function pending(): { embedded: EmbeddedConnection<string>; pass: () => void } {
      let pass!: () => void;
      const open = new Promise<void>((resolve) => {
        pass = resolve;
      });
      const embedded = embed<string>(line(), { onRead: () => open });
      embedded.feed('a\nb\n');
      embedded.connection.end();
      embedded.end();
      return { embedded, pass };
    }

    test('which it is not before', async () => {
      const { embedded, pass } = pending();
      await embedded.settled();
      expect([embedded.destroyed, embedded.connection.closeReason, embedded.messages]).toEqual([
        true,
        undefined,
        ['a'],
      ]);
      pass();
      expect(await embedded.connection.closed).toBe('peer');
      expect(embedded.messages).toEqual(['a', 'b']);
    });

    test.each(['close', 'destroy'] as const)('by %s()', async (how) => {
      const { embedded, pass } = pending();
      await embedded.settled();
      void embedded.connection[how]();
      const reason = how === 'close' ? 'local' : 'destroyed';
      expect(await embedded.connection.closed).toBe(reason);
      pass();
      await embedded.settled();
      expect([embedded.messages, embedded.closeReasons]).toEqual([['a'], [reason]]);
    });

    test('by close({ drain: true }), once it is handled', async () => {
      const { embedded, pass } = pending();
      await embedded.settled();
      const closed = embedded.connection.close({ drain: true });
      await embedded.settled();
      expect(embedded.closeReasons).toEqual([]);
      pass();
      await closed;
      expect(embedded.messages).toEqual(['a', 'b']);
    });

    test('by an error', async () => {
      const { embedded } = pending();
      await embedded.settled();
      embedded.connection.fail(new Error('no more of that') as never);
      await embedded.connection.closed;
      expect([embedded.messages, embedded.closeReasons]).toEqual([['a'], ['hook-error']]);
    });

    test('also where the other side may be spoken to for longer', async () => {
      const embedded = embed<string>(line(), { onRead: () => aTurn() }, { halfOpen: true });
      embedded.feed('a\nb\n');
      embedded.connection.end();
      embedded.end();
      expect(await embedded.connection.closed).toBe('peer');
      expect(embedded.messages).toEqual(['a', 'b']);
    });
  });
});

describe('nothing is written behind the end', () => {
  test('of a stream of messages that is closed with a backlog', async () => {
    const server = new Server<string>({ codec: line() });
    onTestFinished(() => server.destroy());
    const row = 'x'.repeat(50_000);
    const opened = new Promise<{ failed: Promise<unknown[]>; closed: Promise<CloseReason> }>((resolve) => {
      server.onConnect((connection) => {
        const messages = toDuplex(connection);
        const failed = once(messages, 'error').catch((error: unknown) => [error]);
        for (let i = 0; i < 400; i++) messages.write(row);
        setImmediate(() => void connection.close());
        resolve({ failed, closed: connection.closed });
      });
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(server.port!, '127.0.0.1');
    let bytes = 0;
    const { failed, closed } = await opened;
    expect(await failed).toMatchObject([{ code: 'WIRE_CLOSED' }]);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(socket, 'end');
    expect(await closed).toBe('local');
    // Whole rows, and all that the connection counts as sent.
    expect(bytes % (row.length + 1)).toBe(0);
    expect(bytes).toBe(server.counters.bytesOut);
  });

  test('by who is told at once of what was sent before it', async () => {
    const [here, there] = duplexPair();
    const errors: unknown[] = [];
    const got: string[] = [];
    Connection.over<string>(there, line(), {
      onRead: (connection, text) => {
        got.push(text);
        if (text === 'first') {
          connection.send('answer');
          connection.flush();
        }
      },
    });
    const answered: boolean[] = [];
    const connection = Connection.over<string>(here, line(), { onError: (_, error) => errors.push(error) });
    // What is sent while an exchange takes a message waits for the end of the turn of the event loop.
    void new Exchange(connection, { isPush: () => true, onPush: () => answered.push(connection.send('behind')) });
    await aTurn();
    connection.send('first');
    connection.end();
    expect(await connection.closed).toBe('peer');
    expect([got, errors, answered]).toEqual([['first'], [], [false]]);
  });
});
