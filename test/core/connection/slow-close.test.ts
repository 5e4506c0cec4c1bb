import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';

import { line } from '@wirewright/codec-line';
import { Connection, Server } from '@wirewright/core';
import { embed, FakeClock } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

describe('a connection that closes', () => {
  test('waits for a peer that still takes what was sent', async () => {
    const clock = new FakeClock();
    const rows = 200;
    const row = 'x'.repeat(99_999);
    const server = new Server<string>({ codec: line(), clock, maxBufferedBytes: 2 ** 30 }).onConnect((connection) => {
      for (let i = 0; i < rows; i++) connection.send(row);
      void connection.close();
    });
    onTestFinished(() => server.destroy());
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(server.port!, '127.0.0.1');
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      socket.pause();
      // 100 ms for each piece: more than closeTimeout for all of them.
      clock.advance(100);
      setImmediate(() => socket.resume());
    });
    await once(socket, 'end');
    expect(bytes).toBe(rows * 100_000);
    expect(clock.now()).toBeGreaterThan(5000);
  });

  test('does not wait for one that takes nothing', async () => {
    const embedded = embed(line());
    embedded.stall();
    embedded.connection.send('taken by nobody');
    void embedded.connection.close();
    embedded.advance(4999);
    expect(embedded.destroyed).toBe(false);
    embedded.advance(1);
    expect(embedded.destroyed).toBe(true);
    expect(await embedded.connection.closed).toBe('local');
    expect(embedded.clock.pending).toBe(0);
  });

  const silent = (): Duplex =>
    new Duplex({
      emitClose: false,
      read() {},
      write(_chunk, _encoding, written) {
        written();
      },
    });

  test.each(['close', 'destroy'] as const)(
    'does not wait for ever for a stream that never tells: %s()',
    async (how) => {
      const clock = new FakeClock();
      const connection = Connection.over(silent(), line(), {}, { clock });
      const { closed } = connection;
      void connection[how]();
      clock.advance(5000);
      clock.advance(5000);
      expect(await closed).toBe(how === 'close' ? 'local' : 'destroyed');
      expect(clock.pending).toBe(0);
    },
  );
});
