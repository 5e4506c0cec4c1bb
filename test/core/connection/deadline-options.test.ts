import { line } from '@wirewright/codec-line';
import { Client, Connection, type ConnectionOptions, InvalidOptionError, Server } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { DAY, OFF, slack } from './deadline-times.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('options', () => {
  const wrong: [string, unknown[]][] = [
    ['idleTimeout', [0, -1, 1.5, NaN, Infinity, 2 ** 31, '1000', true]],
    ['frameTimeout', [0, -1, 1.5, NaN, Infinity, 2 ** 31, '1000', true]],
    ['stallTimeout', [0, -1, 1.5, NaN, Infinity, 2 ** 31, '1000', true]],
    ['handshakeTimeout', [0, -1, 1.5, NaN, Infinity, 2 ** 31, '1000', true]],
    ['closeTimeout', [-1, 1.5, NaN, Infinity, 2 ** 31, '1000', true, false]],
    ['highWaterMark', [-1, 1.5, NaN, Infinity, '1000', true, false]],
    // At most the high one, and the limit at least that.
    ['lowWaterMark', [-1, 1.5, NaN, 64 * 1024 + 1, '1000', true, false]],
    ['maxBufferedBytes', [-1, 1.5, NaN, Infinity, 64 * 1024 - 1, '1000', true, false]],
    [
      'heartbeat',
      [
        true,
        30_000,
        {},
        { ping: 'PING' },
        { ping() {}, interval: 0 },
        { ping() {}, interval: 1.5 },
        { ping() {}, interval: 2 ** 31 },
        { ping() {}, interval: false },
        { ping() {}, misses: 0 },
        { ping() {}, misses: 1.5 },
        { ping() {}, timeout: 100 },
      ],
    ],
  ];

  test.each(wrong)('%s takes nothing else', (name, values) => {
    for (const value of values) {
      const options = { [name]: value } as ConnectionOptions;
      expect(() => embed(line(), {}, options), String(value)).toThrow(InvalidOptionError);
      expect(() => Connection.over(duplexPair()[0], line(), {}, options), String(value)).toThrow(InvalidOptionError);
      expect(() => new Server({ codec: line(), ...options }), String(value)).toThrow(InvalidOptionError);
      expect(() => new Client({ codec: line(), ...options }), String(value)).toThrow(InvalidOptionError);
    }
    expect(() => embed(line(), {}, { [name]: undefined })).not.toThrow();
  });

  test('the longest and the shortest times are kept', () => {
    for (const ms of [1, 2 ** 31 - 1]) {
      const idle = embed(line(), {}, { idleTimeout: ms, ...OFF });
      idle.advance(ms - 1);
      expect(idle.ended).toBe(false);
      idle.advance(1 + slack(ms));
      expect(idle.ended).toBe(true);
      const closing = embed(line(), {}, { closeTimeout: ms, ...OFF });
      void closing.connection.close();
      closing.advance(ms - 1);
      expect(closing.destroyed).toBe(false);
      closing.advance(1 + slack(ms));
      expect(closing.destroyed).toBe(true);
    }
    const embedded = embed(line(), {}, { closeTimeout: 0 });
    void embedded.connection.close();
    embedded.advance(10);
    expect(embedded.destroyed).toBe(true);
  });

  test('false switches a deadline off, and without any there is no timer', async () => {
    const embedded = embed(line(), { onConnect: never }, { ...OFF, idleTimeout: false });
    expect(embedded.clock.pending).toBe(0);
    embedded.stall().connection.send('unsent');
    embedded.connection.flush();
    embedded.advance(DAY);
    expect(embedded.connection.closeReason).toBeUndefined();

    const frame = embed(line(), {}, { frameTimeout: false });
    frame.feed('half a li').advance(DAY);
    const stall = embed(line(), {}, { stallTimeout: false });
    stall.stall().connection.send('unsent');
    stall.connection.flush();
    stall.advance(DAY);
    const handshake = embed(line(), { onConnect: never }, { handshakeTimeout: false });
    handshake.advance(DAY);
    const idle = embed(line(), {}, { idleTimeout: false });
    idle.advance(DAY);
    for (const { connection, clock } of [frame, stall, handshake, idle]) {
      expect(connection.closeReason).toBeUndefined();
      connection.destroy();
      await connection.closed;
      expect(clock.pending).toBe(0);
    }
  });

  test('by default frames, writes, the handshake and the close have their time, and silence is no fault', async () => {
    const quiet = embed(line());
    quiet.advance(DAY);
    expect(quiet.connection.closeReason).toBeUndefined();
    void quiet.connection.close();
    quiet.advance(4999);
    expect(quiet.destroyed).toBe(false);
    quiet.advance(1 + slack(5000));
    expect(quiet.destroyed).toBe(true);

    const cases = [
      [30_000, 'frame-timeout', 'WIRE_FRAME_TIMEOUT', embed(line()).feed('half a li')],
      [30_000, 'write-stall', 'WIRE_WRITE_STALL', embed(line()).stall()],
      [10_000, 'handshake-timeout', 'WIRE_HANDSHAKE_TIMEOUT', embed(line(), { onConnect: never })],
    ] as const;
    for (const [ms, reason, code, embedded] of cases) {
      embedded.connection.send('unsent, or not');
      embedded.connection.flush();
      embedded.advance(ms - 1);
      expect(embedded.connection.closeReason).toBeUndefined();
      embedded.advance(1 + slack(ms));
      expect(embedded.connection.closeReason).toBe(reason);
      expect(embedded.errors).toMatchObject([{ code }]);
      embedded.advance(5000 + slack(5000));
      await embedded.settled();
      expect(embedded.closeReasons).toEqual([reason]);
      expect(embedded.clock.pending).toBe(0);
    }

    const pings: number[] = [];
    const silent = embed(line(), {}, { heartbeat: { ping: () => void pings.push(silent.clock.now()) } });
    silent.advance(39_999);
    expect(pings).toHaveLength(3);
    silent.advance(1 + slack(10_000));
    expect(silent.connection.closeReason).toBe('heartbeat');
  });
});
