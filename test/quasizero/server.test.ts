import { Buffer } from 'node:buffer';

import { type CloseReason, type Connection, InvalidOptionError } from '@wirewright/core';
import { type Commands, QuasizeroServer, type Request, type Response } from '@wirewright/quasizero';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { answered, answers, ask, commands, gate, peerOf, serve } from './scene.ts';

describe('commands', () => {
  test('each answers with what it has set, in the bytes of the original', async () => {
    const peer = await peerOf(await serve(commands));
    peer.socket.write(Buffer.concat([ask(1), ask(2, 'hi', { a: 'b' }), ask(3), ask(9), ask(-7), Buffer.from([0])]));
    await answered(peer, 6);
    expect(Buffer.concat(peer.chunks).toString('latin1')).toBe(
      [
        '\x06\x1a\x04PONG',
        '\x0c\x12\x06\x0a\x01a\x12\x01b\x1a\x02hi',
        '\x16\x0a\x14something went wrong',
        '\x18\x0a\x16unknown command code 9',
        '\x19\x0a\x17unknown command code -7',
        '\x18\x0a\x16unknown command code 0',
      ].join(''),
    );
  });

  test('codes of 32 bits, negative ones and large ones', async () => {
    const echo = (request: Request, response: Response): unknown => response.setString(`got ${request.code}`);
    const peer = await peerOf(
      await serve({ [-1]: echo, [-(2 ** 31)]: echo, 0: echo, 255: echo, 256: echo, 2147483647: echo }),
    );
    const codes = [-1, -(2 ** 31), 0, 255, 256, 2 ** 31 - 1, 254];
    peer.socket.write(Buffer.concat(codes.map((code) => ask(code))));
    expect(await answered(peer, codes.length)).toEqual([
      ...codes.slice(0, -1).map((code) => `got ${code}`),
      '! unknown command code 254',
    ]);
  });

  test('handle() adds commands', async () => {
    const server = await serve({ 1: (_request, response) => response.setString('first') }, {}, (made) =>
      made.handle(2000, (_request, response) => response.setString('far')).use((_request, _response, next) => next()),
    );
    server.handle(-1, (_request, response) => response.setString('late'));
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(2000), ask(-1)]));
    expect(await answered(peer, 3)).toEqual(['first', 'far', 'late']);
    expect(() => server.handle(1, () => {})).toThrow(/command 1 has a handler already/);
    expect(() => server.handle(2 ** 31, () => {})).toThrow(InvalidOptionError);
    expect(() => server.handle(1, 'PONG' as never)).toThrow(InvalidOptionError);
  });

  test('the answers of a connection keep the order of the requests, whatever the handlers take', async () => {
    const peer = await peerOf(await serve(commands));
    peer.socket.write(Buffer.concat([ask(4, '30'), ask(1), ask(4, '1'), ask(2, 'x')]));
    expect(await answered(peer, 4)).toEqual(['slept', 'PONG', 'slept', 'x']);
  });

  test('an empty response is a single byte', async () => {
    const peer = await peerOf(await serve({ 1: () => {} }));
    peer.socket.write(ask(1));
    await peer.has(1);
    expect(Buffer.concat(peer.chunks)).toEqual(Buffer.from([0]));
  });

  test('what is no command, and no option, is refused at once', () => {
    const make =
      (given: unknown, options: unknown = {}) =>
      () =>
        new QuasizeroServer(given as Commands, options as never);
    expect(make(null)).toThrow(/takes its commands/);
    expect(make({ 1: 'x' })).toThrow(/the handler of command 1 is no function/);
    for (const key of ['x', '1.5', '2147483648', '01', '']) {
      expect(make({ [key]: () => {} })).toThrow(/a command code is a signed 32-bit integer/);
    }
    expect(make({}, { timeout: -1 })).toThrow(InvalidOptionError);
    expect(make({}, { timeOut: 5 })).toThrow(
      /^new QuasizeroServer\(\) has no option 'timeOut'; .*timeout, maxFrameLength, /,
    );
    expect(make({}, null)).toThrow(InvalidOptionError);
    expect(make(new Map())).toThrow(/takes its commands/);
    expect(make({}, { codec: 5 })).toThrow(/has its codec/);
    expect(make({}, { keepAlive: 5 })).toThrow(/keepAlive/);
    expect(() => new QuasizeroServer({}).onRead(() => {})).toThrow(/declared already/);
    expect(() => new QuasizeroServer({}).use(5 as never)).toThrow(/takes a function/);
  });

  test('types', () => {
    const server = new QuasizeroServer({ 1: (request, response) => response.set(request.payload) });
    expectTypeOf(server.use).parameter(0).parameter(0).toEqualTypeOf<Request>();
    const typed = new QuasizeroServer<{ user: string }>(
      { 1: (_request, response, connection) => response.setString(connection.data.user) },
      { data: () => ({ user: 'ada' }) },
    );
    expectTypeOf(typed).toExtend<QuasizeroServer<{ user: string }>>();
  });
});

describe('what the original holds back or loses', () => {
  test('an answer does not wait for a slow handler behind it', async () => {
    const { open, opened } = gate();
    const server = await serve({ ...commands, 5: () => opened });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(5), ask(1)]));
    expect(await answered(peer, 1)).toEqual(['PONG']);
    open();
    expect(await answered(peer, 3)).toEqual(['PONG', '', 'PONG']);
  });

  test('an answer does not wait for the rest of the next request', async () => {
    const peer = await peerOf(await serve(commands));
    const next = ask(2, 'the next one');
    peer.socket.write(Buffer.concat([ask(1), next.subarray(0, 5)]));
    expect(await answered(peer, 1)).toEqual(['PONG']);
    peer.socket.write(next.subarray(5));
    expect(await answered(peer, 2)).toEqual(['PONG', 'the next one']);
  });

  test('answers are delivered before the connection is closed for a bad frame', async () => {
    const reasons: CloseReason[] = [];
    const server = await serve(commands, {}, (made) => made.onClose((_connection, reason) => reasons.push(reason)));
    for (const bad of ['020a', '0108', '818080 08', 'ffffffffffffffffffffff', '04120aff00']) {
      const peer = await peerOf(server);
      peer.socket.write(Buffer.concat([ask(1), ask(4, '5'), ask(2, 'x'), Buffer.from(bad.replace(' ', ''), 'hex')]));
      if (bad === '020a') peer.socket.end();
      await peer.end();
      expect(answers(peer)).toEqual(['PONG', 'slept', 'x']);
      peer.socket.destroy();
      await peer.closed;
    }
    await expect.poll(() => reasons).toEqual(Array.from({ length: 5 }, () => 'protocol-error'));
  });

  test('requests before the end of the peer are all answered', async () => {
    const peer = await peerOf(await serve(commands));
    peer.socket.end(Buffer.concat([ask(1), ask(4, '5'), ask(2, 'last')]));
    await peer.end();
    expect(answers(peer)).toEqual(['PONG', 'slept', 'last']);
  });
});

describe('closing', () => {
  test('a command that closes the server is answered, as are those before it', async () => {
    const server = await serve({
      ...commands,
      9: (_request, response) => {
        void server.close();
        response.setString('OK');
      },
    });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(4, '10'), ask(9)]));
    await peer.end();
    expect(answers(peer)).toEqual(['PONG', 'slept', 'OK']);
    peer.socket.end();
    await server.closed;
  });

  test('a handler that is pending when its connection breaks harms nobody', async () => {
    const { open, opened } = gate();
    let connection: Connection<Request, Response> | undefined;
    const server = await serve({
      ...commands,
      5: async (_request, response, on) => {
        connection = on;
        await opened;
        response.setString('too late');
      },
    });
    const peer = await peerOf(server);
    peer.socket.write(ask(5));
    await expect.poll(() => connection).toBeDefined();
    peer.socket.resetAndDestroy();
    await connection!.closed;
    open();
    const other = await peerOf(server);
    other.socket.write(ask(1));
    expect(await answered(other, 1)).toEqual(['PONG']);
  });
});
