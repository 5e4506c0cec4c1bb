import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { type CloseReason, FrameTimeoutError, HandlerTimeoutError, type WireError } from '@wirewright/core';
import type { Response } from '@wirewright/quasizero';
import { describe, expect, test } from 'vitest';

import { answered, answers, ask, commands, gate, peerOf, serve } from './scene.ts';

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
