import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { HandlerError, type WireError } from '@wirewright/core';
import type { Response } from '@wirewright/quasizero';
import { describe, expect, test } from 'vitest';

import { answered, answers, ask, commands, peerOf, responses, serve } from './scene.ts';

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
