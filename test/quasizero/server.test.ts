import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  type CloseReason,
  type Connection,
  FrameTimeoutError,
  HandlerError,
  HandlerTimeoutError,
  InvalidOptionError,
  type WireError,
} from '@wirewright/core';
import { type Commands, QuasizeroServer, type Request, type Response } from '@wirewright/quasizero';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { answered, answers, ask, gate, peerOf, responses, serve } from './scene.ts';

const commands: Commands = {
  1: (_request, response) => response.setString('PONG'),
  2: (request, response) => {
    response.set(request.payload);
    for (const [key, value] of request.metadata) response.setMeta(key, value);
  },
  3: () => {
    throw new Error('something went wrong');
  },
  4: async (request, response) => {
    await sleep(Number(request.text()));
    response.setString('slept');
  },
};

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

describe('handlers that fail', () => {
  test('what was set by then is sent with the error, whether it was thrown or rejected', async () => {
    const half = (response: Response): void => {
      response.setString('half').setMeta('k', 'v');
    };
    const server = await serve({
      1: (_request, response) => {
        half(response);
        throw new Error('thrown');
      },
      2: async (_request, response) => {
        await sleep(1);
        half(response);
        throw new TypeError('rejected');
      },
      3: (_request, response) => response.setString('half').setMeta('k', 'v').setError(new Error('set')),
    });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(2), ask(3)]));
    await answered(peer, 3);
    expect(
      responses(peer).map(({ errorMessage, payload, metadata }) => [errorMessage, payload.toString(), [...metadata]]),
    ).toEqual(['thrown', 'rejected', 'set'].map((message) => [message, 'half', [['k', 'v']]]));
  });

  test('whatever is thrown, the caller is told something', async () => {
    const things: unknown[] = [new Error(''), '', undefined, null, 5, {}, Symbol('s'), Object.create(null)];
    const server = await serve({
      1: (request) => {
        throw things[Number(request.text())];
      },
    });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat(things.map((_, i) => ask(1, String(i)))));
    const told = await answered(peer, things.length);
    expect(told.slice(0, 6)).toEqual([
      '! Error',
      '! unknown error',
      '! undefined',
      '! null',
      '! 5',
      '! [object Object]',
    ]);
    for (const text of told) expect(text.length).toBeGreaterThan(2);
    expect(server.connections.size).toBe(1);
  });

  /* oxlint-disable unicorn/no-thenable -- that is what they are */
  test('promises of any kind will do, those that settle twice or throw included', async () => {
    const server = await serve({
      1: (_request, response) => ({
        then(resolve: () => void, reject: (error: Error) => void) {
          response.setString('twice');
          resolve();
          resolve();
          reject(new Error('late'));
        },
      }),
      2: () => ({
        then() {
          throw new Error('in then');
        },
      }),
    });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(2), ask(1)]));
    expect(await answered(peer, 3)).toEqual(['twice', '! in then', 'twice']);
    await sleep(5);
    expect(answers(peer)).toHaveLength(3);
  });
  /* oxlint-enable unicorn/no-thenable */

  test('onError is told of each, with the command and the cause; the connection goes on', async () => {
    const errors: WireError[] = [];
    const cause = new RangeError('bad');
    const server = await serve(
      {
        5: () => {
          throw cause;
        },
        6: () => Promise.reject(cause),
      },
      {},
      (made) => made.onError((_connection, error) => errors.push(error)),
    );
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(5), ask(6), ask(5)]));
    expect(await answered(peer, 3)).toEqual(['! bad', '! bad', '! bad']);
    expect(errors.map((error) => [(error as HandlerError).command, error.code, error.cause])).toEqual(
      [5, 6, 5].map((command) => [command, 'WIRE_HANDLER_FAILED', cause]),
    );
    expect(errors[0]).toBeInstanceOf(HandlerError);
    expect(errors[0]!.message).toBe('the handler of 5 failed: bad');
  });

  test('an onError that fails harms nobody', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): number => warnings.push(warning);
    process.on('warning', listen);
    try {
      const server = await serve(commands, {}, (made) =>
        made.onError(() => {
          throw new Error('in onError');
        }),
      );
      const peer = await peerOf(server);
      peer.socket.write(Buffer.concat([ask(3), ask(1)]));
      expect(await answered(peer, 2)).toEqual(['! something went wrong', 'PONG']);
      await sleep(1);
      expect(warnings.map(({ message }) => message)).toEqual(['onError failed: in onError']);
    } finally {
      process.off('warning', listen);
    }
  });

  test('a response that cannot be encoded is an error for the caller, not a lost connection', async () => {
    const errors: WireError[] = [];
    const server = await serve(
      {
        1: (_request, response) => response.set(Buffer.alloc(1001)),
        2: (_request, response) => response.setMeta('a', 5 as never),
        3: async (_request, response) => response.set(5 as never),
        4: (_request, response) => response.setString('ok'),
      },
      { maxFrameLength: 1000 },
      (made) => made.onError((_connection, error) => errors.push(error)),
    );
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(4), ask(1), ask(2), ask(3), ask(4)]));
    const [first, large, meta, payload, last] = await answered(peer, 5);
    expect([first, last]).toEqual(['ok', 'ok']);
    expect(large).toMatch(/^! .*a frame of 1004 bytes is over the limit of 1000/);
    expect(meta).toMatch(/^! .*text is to be written as a string, not as number/);
    expect(payload).toMatch(/^! .*a body is text, a Uint8Array or a ByteView/);
    expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'WIRE_ENCODE_FAILED'));
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

describe('time limits', () => {
  test('a handler that takes too long is answered for, and what it does later is dropped', async () => {
    const errors: WireError[] = [];
    const { open, opened } = gate();
    let late: Response | undefined;
    const server = await serve(
      {
        ...commands,
        5: async (_request, response) => {
          response.setString('half');
          await opened;
          late = response.setString('late');
        },
      },
      { timeout: 40 },
      (made) => made.onError((_connection, error) => errors.push(error)),
    );
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(5), ask(1), ask(5), ask(4, '1')]));
    expect(await answered(peer, 4)).toEqual([
      '! the handler of 5 was not done within 40 ms (timeout)',
      'PONG',
      '! the handler of 5 was not done within 40 ms (timeout)',
      'slept',
    ]);
    open();
    await expect.poll(() => late?.text()).toBe('late');
    peer.socket.write(ask(1));
    expect(await answered(peer, 5)).toHaveLength(5);
    expect(errors.map((error) => [error.constructor, error.code, (error as HandlerTimeoutError).command])).toEqual([
      [HandlerTimeoutError, 'WIRE_HANDLER_TIMEOUT', 5],
      [HandlerTimeoutError, 'WIRE_HANDLER_TIMEOUT', 5],
    ]);
  });

  test('a request whose bytes drip in is given up', async () => {
    const errors: WireError[] = [];
    const options = { timeout: 60, frameTimeout: undefined };
    const server = await serve(commands, options, (made) => made.onError((_c, error) => errors.push(error)));
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), Buffer.from([5, 8])]));
    await peer.end();
    expect(answers(peer)).toEqual(['PONG']);
    expect(errors[0]).toBeInstanceOf(FrameTimeoutError);
  });

  test('an idle connection is closed after idleTimeout, and not while a handler is pending', async () => {
    const reasons: CloseReason[] = [];
    const server = await serve(commands, { idleTimeout: 60 }, (made) =>
      made.onClose((_c, reason) => reasons.push(reason)),
    );
    const peer = await peerOf(server);
    const begun = performance.now();
    peer.socket.write(ask(4, '150'));
    await peer.end();
    expect(performance.now() - begun).toBeGreaterThan(200);
    expect(answers(peer)).toEqual(['slept']);
    peer.socket.destroy();
    await expect.poll(() => reasons).toEqual(['idle']);
  });

  test('without a limit, nothing is waited for in vain', async () => {
    const { open, opened } = gate();
    const server = await serve({ 5: () => opened }, { timeout: false });
    const peer = await peerOf(server);
    peer.socket.write(ask(5));
    await sleep(20);
    expect(peer.bytes).toBe(0);
    open();
    expect(await answered(peer, 1)).toEqual(['']);
  });
});

describe('a handler that fails', () => {
  test('is told of, though what it had filled in could not be sent', async () => {
    const server = await serve(
      {
        1: (_request, response) => {
          response.set(Buffer.alloc(2000));
          throw new Error('no more paper');
        },
      },
      { maxFrameLength: 1000 },
    );
    const peer = await peerOf(server);
    peer.socket.write(ask(1));
    expect(await answered(peer, 1)).toEqual(['! no more paper']);
  });

  test.each([
    ['with what is wrong with that, when its error is too long to be sent', 1000, /over the limit of 1000/],
    ['in a word, when that is too long, too', 20, /^! failed$/],
  ])('is told of %s', async (_, maxFrameLength, said) => {
    const server = await serve(
      {
        1: () => {
          throw new Error('x'.repeat(2000));
        },
      },
      { maxFrameLength },
    );
    const peer = await peerOf(server);
    peer.socket.write(ask(1));
    expect(await answered(peer, 1)).toEqual([expect.stringMatching(said)]);
  });

  test('is told of when it returns what cannot be looked at, or waited for', async () => {
    const server = await serve({
      1: () =>
        // oxlint-disable-next-line unicorn/no-thenable -- it is none that can be looked at
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new Error('do not look');
          },
        }),
      2: () =>
        Object.assign(Promise.resolve(), {
          // oxlint-disable-next-line unicorn/no-thenable -- a promise of Node's own kind, which Promise.resolve() takes as it is
          then: () => {
            throw new Error('do not wait');
          },
        }),
      3: (_request, response) => response.set('well'),
    });
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(2), ask(3)]));
    expect(await answered(peer, 3)).toEqual(['! do not look', '! do not wait', 'well']);
  });
});

describe('middleware', () => {
  test('the first is the outermost, and each sees what the inner ones did', async () => {
    const seen: string[] = [];
    const note =
      (name: string) =>
      (request: Request, _response: Response, next: () => unknown): unknown => {
        seen.push(`${name} ${request.code}`);
        const result = next();
        seen.push(`/${name}`);
        return result;
      };
    const server = await serve(commands, {}, (made) => made.use(note('a')).use(note('b')));
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(9)]));
    expect(await answered(peer, 2)).toEqual(['PONG', '! unknown command code 9']);
    expect(seen).toEqual(['a 1', 'b 1', '/b', '/a', 'a 9', 'b 9', '/b', '/a']);
  });

  test('has a handler do its work once, though that begins when it is waited for', async () => {
    let runs = 0;
    const lazy = (_request: Request, response: Response): PromiseLike<unknown> => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what some libraries of databases return
      then(settled) {
        runs++;
        return Promise.resolve(response.set('done')).then(settled);
      },
    });
    const through = (_request: Request, _response: Response, next: () => unknown): unknown => next();
    const server = await serve({ 1: lazy }, {}, (made) => made.use(through).use(through));
    const peer = await peerOf(server);
    peer.socket.write(ask(1));
    expect([await answered(peer, 1), runs]).toEqual([['done'], 1]);
  });

  test('that does not wait for what is inside answers at once, and a failure inside ends no process', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    try {
      const fail = async (): Promise<never> => {
        await sleep(1);
        throw new Error('inside');
      };
      const server = await serve({ 1: fail, 2: fail }, {}, (made) =>
        made.use((request, _response, next) => {
          void next();
          if (request.code === 2) throw new Error('around');
        }),
      );
      const peer = await peerOf(server);
      peer.socket.write(Buffer.concat([ask(1), ask(2)]));
      expect(await answered(peer, 2)).toEqual(['', '! around']);
      await sleep(20);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });

  test('it may answer itself, change the answer, wait, and catch', async () => {
    const server = await serve(commands, {}, (made) =>
      made
        .use(async (_request, response, next) => {
          try {
            await next();
          } catch {
            response.setError('caught');
          }
        })
        .use((request, response, next, connection) => {
          if (request.metadata.get('token') !== 'x') return response.setError(`not allowed on ${connection.name}`);
          response.setMeta('by', 'middleware');
          return next();
        }),
    );
    const peer = await peerOf(server);
    peer.socket.write(Buffer.concat([ask(1), ask(1, '', { token: 'x' }), ask(3, '', { token: 'x' })]));
    const [refused, pong, caught] = await answered(peer, 3);
    expect(refused).toMatch(/^! not allowed on server#\d+$/);
    expect([pong, caught]).toEqual(['PONG', '! caught']);
    expect([...responses(peer)[1]!.metadata]).toEqual([['by', 'middleware']]);
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
