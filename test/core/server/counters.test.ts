import { connect, type Socket } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';
import { expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';

test('the counters of a server are those of its connections, open and closed', async () => {
  const server = new Server({ codec: line({ maxLength: 10 }) })
    .onRead((connection, text) => {
      if (text === 'fail') throw new Error('told to');
      connection.send(`${text}${text}`);
    })
    .onError(() => {});
  const nothing = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 };
  expect(server.counters).toEqual({ ...nothing, accepted: 0, refused: 0, open: 0, closed: {} });
  await server.listen({ port: 0, host: '127.0.0.1' });

  const say = async (text: string): Promise<Socket> => {
    const { accepted } = server.counters;
    const peer = connect(server.port!, '127.0.0.1').on('error', () => {});
    peer.resume().write(text);
    await vi.waitFor(() => expect(server.counters.accepted).toBe(accepted + 1), patient);
    return peer;
  };
  const first = await say('one\n');
  const second = await say('two\nthree\n');
  const sums = { bytesIn: 14, bytesOut: 25, messagesIn: 3, messagesOut: 3, accepted: 2, refused: 0 };
  await vi.waitFor(() => expect(server.counters).toEqual({ ...sums, open: 2, closed: {} }), patient);

  first.end();
  await vi.waitFor(() => expect(server.counters).toEqual({ ...sums, open: 1, closed: { peer: 1 } }), patient);
  await say('fail\n');
  await say('much too long\n');
  await vi.waitFor(() => expect(server.counters.open).toBe(1), patient);
  expect(server.counters.closed).toEqual({ peer: 1, 'hook-error': 1, 'protocol-error': 1 });
  // What was read before is not changed by what comes after.
  const { closed } = server.counters;
  second.destroy();
  await server.close();
  expect(server.counters).toMatchObject({ accepted: 4, open: 0, messagesIn: 4, messagesOut: 3 });
  expect(Object.values(server.counters.closed).reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(closed).toEqual({ peer: 1, 'hook-error': 1, 'protocol-error': 1 });
});
