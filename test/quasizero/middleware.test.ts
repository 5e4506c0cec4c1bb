import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Request, Response } from '@wirewright/quasizero';
import { describe, expect, test } from 'vitest';

import { answered, ask, commands, peerOf, responses, serve } from './scene.ts';

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
