import { getEventListeners, once } from 'node:events';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Client, type CloseOptions, type CloseResult, Server } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

/** Longer than any test. */
const grace = 3_600_000;

interface Closable {
  close(options?: CloseOptions): Promise<CloseResult>;
}

describe.each(['a server', 'a client'])('the signal of close(), for %s', (which) => {
  let server: Server<string>;
  let client: Client<string>;
  let closable: Closable;
  let asked: number;

  beforeEach(async () => {
    asked = 0;
    const hang = (): Promise<never> => {
      asked++;
      return new Promise<never>(() => {});
    };
    server = new Server<string>({ codec: line() });
    client = new Client<string>({ codec: line() });
    if (which === 'a server') server.onRead(hang);
    else client.onRead(hang);
    server.onConnect((connection) => connection.send('hello'));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    connection.send('hello');
    await vi.waitUntil(() => asked === 1, patient);
    closable = which === 'a server' ? server : client;
  });

  afterEach(async () => {
    client.destroy();
    server.destroy();
    await server.close();
  });

  test('destroys what is left when it is aborted', async () => {
    const controller = new AbortController();
    let result: CloseResult | undefined;
    const closed = closable.close({ grace, signal: controller.signal }).then((counts) => (result = counts));
    expect(closable.close()).toBe(closable.close({ grace: 0 }));
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(result).toBe(undefined);
    controller.abort();
    expect(await closed).toEqual({ drained: 0, destroyed: 1 });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('destroys at once when it was aborted before', async () => {
    const signal = AbortSignal.abort();
    expect(await closable.close({ grace, signal })).toEqual({ drained: 0, destroyed: 1 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is let go of when closing is over without it', async () => {
    const { signal } = new AbortController();
    const closed = closable.close({ grace: 10, signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expect(await closed).toEqual({ drained: 0, destroyed: 1 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('has to be one', () => {
    expect(() => closable.close({ signal: {} as AbortSignal })).toThrow('signal must be an AbortSignal');
  });
});

test('the grace is a time of the clock', async () => {
  const clock = new FakeClock();
  const server = new Server({ codec: line(), clock })
    .onConnect((connection) => connection.send('hello'))
    .onRead(() => new Promise(() => {}));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const peer = connect(server.port!, '127.0.0.1');
  peer.write('hello\n');
  const answer = received(peer);
  await vi.waitFor(() => expect(server.counters.messagesIn).toBe(1), patient);
  const closed = server.close({ grace });
  clock.advance(grace);
  expect(await closed).toEqual({ drained: 0, destroyed: 1 });
  expect((await answer).toString()).toBe('hello\n');
  expect(clock.pending).toBe(0);
});

describe('what the kernel has when closing begins', () => {
  test('connections that were not accepted yet are accepted, and none is reset', async () => {
    const server = new Server<string>({ codec: line() }).onRead((connection, text) => connection.send(text));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const ends = Array.from({ length: 32 }, async () => {
      const socket = connect({ port: server.port!, host: '127.0.0.1' });
      socket.write('hello\n');
      socket.resume();
      await once(socket, 'end');
    });
    // The kernel has let them in; nothing of this process has seen them.
    const closed = server.close();
    await Promise.all(ends);
    expect(await closed).toEqual({ drained: 32, destroyed: 0 });
    expect(server.counters).toMatchObject({ accepted: 32, refused: 0 });
  });

  test('a backlog of requests is answered, however slow the hook', async () => {
    const server = new Server<string>({ codec: line() }).onRead(async (connection, text) => {
      await new Promise(setImmediate);
      connection.send(text.slice(0, 3));
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect({ port: server.port!, host: '127.0.0.1' });
    const answers: string[] = [];
    socket.on('data', (chunk: Buffer) => answers.push(chunk.toString()));
    const body = 'x'.repeat(14_000);
    const requests = Array.from({ length: 200 }, (_, i) => String(100 + i));
    const written = requests.map((id) => new Promise((resolve) => socket.write(`${id}${body}\n`, resolve)));
    await Promise.all([...written, once(socket, 'data')]);
    const closed = server.close({ grace: 15_000 });
    await once(socket, 'end');
    expect(answers.join('')).toBe(requests.map((id) => `${id}\n`).join(''));
    expect(await closed).toEqual({ drained: 1, destroyed: 0 });
  });
});
