import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';
import { describe, expect, test } from 'vitest';

describe('12. Limits', () => {
  test('Connections are limited in total and per address.', async () => {
    await using server = new Server({ codec: line(), maxConnections: 3, maxConnectionsPerAddress: 2 }).onRead(
      (connection, text) => connection.send(text),
    );
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = (localAddress: string): Socket =>
      connect({ port: server.port!, host: '127.0.0.1', localAddress }).on('error', () => {});
    const refused = async (socket: Socket): Promise<void> => {
      await once(socket.resume(), 'close');
    };
    const answered = async (socket: Socket): Promise<void> => {
      socket.write('hello\n');
      expect(String((await once(socket, 'data'))[0])).toBe('hello\n');
    };
    const first = peer('127.0.0.1');
    const second = peer('127.0.0.1');
    await Promise.all([answered(first), answered(second)]);
    await refused(peer('127.0.0.1'));
    const other = peer('127.0.0.2');
    await answered(other);
    await refused(peer('127.0.0.3'));
    expect(server.counters).toMatchObject({ accepted: 3, refused: 2, open: 3 });

    // Who leaves makes room.
    first.end();
    await once(first, 'close');
    while (server.connections.size === 3) await new Promise((resolve) => setImmediate(resolve));
    const next = peer('127.0.0.3');
    await answered(next);
    for (const socket of [second, other, next]) socket.destroy();
  });
});
