import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import {
  Client,
  Connection,
  type ConnectionOptions,
  Exchange,
  InvalidOptionError,
  Server,
  type WireError,
} from '@wirewright/core';
import { type CodecFactory, type FrameBody, lengthPrefixed } from '@wirewright/core/codec';
import { embed, FakeClock } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { Deadlines, type DeadlineSettings, pollInterval } from '../../../packages/core/src/connection/deadlines.ts';
import { Sweep } from '../../../packages/core/src/connection/sweep.ts';
import { duplexPair } from '../../support/duplex-pair.ts';
import { random } from '../../support/random.ts';
import { received } from '../../support/received.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const never = (): Promise<never> => new Promise(() => {});

/** How late a deadline of `ms` may be. */
const slack = (ms: number): number => Math.max(10, ms / 8);

const OFF = { frameTimeout: false, stallTimeout: false, handshakeTimeout: false } as const;

describe('whatever happens when, no deadline is early, and none later than an eighth:', () => {
  /** A connection that is nothing but what deadlines look at, and when what was true began to be. */
  class Simulated {
    readonly clock = new FakeClock();
    readonly deadlines: Deadlines<Simulated>;
    readonly settings: DeadlineSettings;
    readonly incoming = {
      bytes: 0,
      messages: 0,
      insideFrame: false,
      held: false,
      releases: 0,
      busy: false,
      hasEnded: false,
    };
    readonly outgoing = { offered: 0, progress: 0 };
    /** What became of it: the name of the error, or `idle`. */
    over: string | undefined = undefined;
    pings = 0;
    /** What came too early. */
    readonly early: string[] = [];
    #partial = false;
    #active = 0;
    #frame = 0;
    #stalled = 0;
    #heard = 0;

    constructor(settings: DeadlineSettings, start: number) {
      this.settings = settings;
      this.clock.advance(start);
      this.#active = this.#heard = start;
      const sweep = Sweep.of(this.clock);
      this.deadlines = new Deadlines(sweep, settings, this.incoming, this.outgoing, Simulated.#events, this);
    }

    static readonly #events = {
      expire: (simulated: Simulated, error: WireError | undefined): void => simulated.#expire(error?.name ?? 'idle'),
      expireClose: (): void => {},
      untaken: (): void => {},
      ping: (simulated: Simulated): void => {
        simulated.#isDue('HeartbeatError');
        simulated.pings++;
      },
    };

    #expire(what: string): void {
      this.#isDue(what);
      if (what === 'HeartbeatError' && this.pings !== this.settings.heartbeat!.misses)
        this.early.push(`given up after ${this.pings} pings`);
      this.over = what;
    }

    #isDue(what: string): void {
      const { at } = this.due().find(({ name }) => name === what)!;
      if (this.clock.now() < at - 1) this.early.push(`${what} at ${this.clock.now()}, due at ${at}`);
    }

    /** When something is to happen, and how late that may be. */
    due(): { name: string; at: number; by: number }[] {
      const { settings, incoming, outgoing } = this;
      const { idle, frame, stall, heartbeat } = settings;
      const all: { name: string; at: number; by: number }[] = [];
      const add = (name: string, since: number, limit: number, times = 1): void => {
        const at = since + times * limit;
        // Timers are set in whole milliseconds.
        if (limit > 0) all.push({ name, at, by: at + slack(limit) + 1 });
      };
      add('idle', incoming.busy ? Infinity : this.#active, idle);
      add('FrameTimeoutError', incoming.insideFrame ? this.#frame : Infinity, frame);
      add('WriteStallError', outgoing.offered > 0 ? this.#stalled : Infinity, stall);
      const deaf = incoming.held || incoming.hasEnded;
      if (heartbeat !== undefined)
        add('HeartbeatError', deaf ? Infinity : this.#heard, heartbeat.interval, this.pings + 1);
      return all;
    }

    receive(messages: number, partial: boolean): void {
      const { incoming } = this;
      if (incoming.held || incoming.hasEnded) return;
      const now = this.clock.now();
      incoming.bytes += 10;
      incoming.messages += messages;
      if (messages > 0 || !this.#partial) this.#frame = now;
      this.#partial = messages > 0 ? partial : true;
      this.#active = this.#heard = now;
      this.pings = 0;
      this.#hold(incoming.held);
    }

    /** There is always something that work begins with. */
    work(busy: boolean): void {
      if (busy && (this.incoming.held || this.incoming.hasEnded)) return;
      if (busy) this.receive(1, this.#partial);
      if (this.incoming.busy && !busy) this.#active = this.clock.now();
      this.incoming.busy = busy;
    }

    hold(held: boolean): void {
      if (this.incoming.held && !held) this.#release();
      if (held) this.pings = 0;
      this.#hold(held);
    }

    /** A pause that no look can find. */
    blink(): void {
      if (this.settings.heartbeat !== undefined || this.incoming.held) return;
      this.hold(true);
      this.hold(false);
    }

    end(): void {
      this.incoming.hasEnded = true;
      this.pings = 0;
    }

    send(bytes: number): void {
      if (this.outgoing.offered === 0) this.#stalled = this.clock.now();
      this.outgoing.offered += bytes;
    }

    /** `bytes` are taken; with `within`, of a write that stays as it is. */
    take(bytes: number, within: boolean): void {
      const { outgoing } = this;
      if (outgoing.offered === 0) return;
      outgoing.progress += Math.min(bytes, outgoing.offered);
      if (!within) outgoing.offered -= Math.min(bytes, outgoing.offered);
      this.#stalled = this.#active = this.clock.now();
    }

    #release(): void {
      this.incoming.releases++;
      this.#frame = this.#heard = this.clock.now();
    }

    #hold(held: boolean): void {
      this.incoming.held = held;
      this.incoming.insideFrame = this.#partial && !held;
    }
  }

  /** Goes on in random steps, in which random things happen, until something is over; returns what. */
  function live(simulated: Simulated, next: () => number, longest: number, lively: number): string | undefined {
    for (let step = 0; step < 300; step++) {
      // From shorter than a look to longer than a deadline; but what is silence has to be seen to be none.
      const pause = next() < 0.7 ? next() * longest * 0.1 : next() * longest;
      const least = simulated.settings.heartbeat !== undefined && simulated.incoming.held ? slack(longest) : 0;
      simulated.clock.advance(step % 2 === 0 ? Math.ceil(pause + least) : pause + least);
      expect(simulated.early).toEqual([]);
      if (simulated.over !== undefined) return simulated.over;
      const now = simulated.clock.now();
      for (const { name, by } of simulated.due()) expect(now, `${name} had to come by ${by}`).toBeLessThanOrEqual(by);
      if (next() > lively) continue;
      const what = Math.floor(next() * 12);
      if (what === 0) simulated.receive(1, false);
      if (what === 1) simulated.receive(2, true);
      if (what === 2) simulated.receive(0, true);
      if (what === 3) simulated.hold(true);
      if (what === 4) simulated.hold(false);
      if (what === 5) simulated.work(true);
      if (what === 6) simulated.work(false);
      if (what === 7) simulated.send(1 + Math.floor(next() * 1000));
      if (what === 8) simulated.take(1 + Math.floor(next() * 1000), next() < 0.5);
      if (what === 9) simulated.take(Infinity, false);
      if (what === 10 && next() < 0.05) simulated.end();
      if (what === 11) simulated.blink();
    }
    return undefined;
  }

  const LIMITS = [1, 2, 3, 7, 10, 25, 79, 80, 81, 100, 127, 128, 129, 500, 1000, 1024, 5000, 30_000, 60_000, 3_600_000];

  test.each(LIMITS)('%i ms, alone or with longer and shorter ones', (limit) => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= 80; seed++) {
      const next = random(seed * 1000 + limit);
      const other = (): number => (next() < 0.5 ? 0 : Math.ceil(limit * (0.5 + 2 * next())));
      const limits = [other(), other(), other(), other()];
      limits[seed % 4] = limit;
      const [idle, frame, stall, interval] = limits as [number, number, number, number];
      const heartbeat = interval === 0 ? undefined : { interval, misses: 1 + (seed % 3) };
      const settings = { idle, frame, stall, handshake: 0, close: 0, heartbeat, interval: pollInterval(limits) };
      // Between two milliseconds, too.
      const simulated = new Simulated(settings, seed % 3 === 0 ? next() * 1000 : Math.floor(next() * 1000));
      const over = live(simulated, next, limit, next());
      seen.set(over ?? 'alive', (seen.get(over ?? 'alive') ?? 0) + 1);
      simulated.deadlines.stop();
      expect(simulated.clock.pending).toBe(0);
    }
    // All of them came about.
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['FrameTimeoutError', 'HeartbeatError', 'WriteStallError', 'idle']),
    );
  });
});

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

describe('idle', () => {
  test('closes in good order, without an error', async () => {
    const embedded = embed(line(), {}, { idleTimeout: 1000 });
    embedded.connection.send('hello');
    embedded.advance(1000 + slack(1000) + slack(1000));
    expect(embedded.connection.closeReason).toBe('idle');
    expect(embedded.connection.error).toBeUndefined();
    expect(embedded.sent().toString()).toBe('hello\n');
    expect(embedded.ended).toBe(true);
    expect(embedded.destroyed).toBe(false);
    embedded.end();
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['idle']);
    expect(embedded.errors).toEqual([]);
    expect(embedded.clock.pending).toBe(0);
  });

  test('is counted from the end of a hook, whichever it is and however short', async () => {
    // Looked at every 1000 ms: what ends between two looks has to count.
    for (const duration of [400, 900, 1700, 2500, 100_000]) {
      for (const hook of ['onConnect', 'onRead', 'onDrain'] as const) {
        let settle!: () => void;
        const work = (): Promise<void> => new Promise((resolve) => (settle = resolve));
        const embedded = embed(
          line(),
          { [hook]: work },
          { idleTimeout: 16_000, highWaterMark: 1, ...OFF, frameTimeout: hook === 'onRead' ? 30_000 : false },
        );
        embedded.advance(hook === 'onConnect' ? 0 : 300);
        if (hook === 'onRead') embedded.feed('a\n');
        if (hook === 'onDrain') {
          embedded.stall().connection.send('a line');
          embedded.connection.flush();
          embedded.unstall();
        }
        embedded.advance(duration);
        expect(embedded.connection.closeReason).toBeUndefined();
        settle();
        await embedded.settled();
        embedded.advance(15_999);
        expect(embedded.connection.closeReason, `${hook} took ${duration}`).toBeUndefined();
        embedded.advance(1 + slack(16_000));
        expect(embedded.connection.closeReason).toBe('idle');
        embedded.connection.destroy();
      }
    }
  });

  test('is not who waits for an answer, or handles a message of an iterator', async () => {
    const options = { idleTimeout: 1000, role: 'client', record: false } as const;
    const asking = embed(line(), {}, options);
    const exchange = new Exchange(asking.connection, { timeout: false });
    const reply = exchange.request('question', (text) => text);
    asking.advance(HOUR);
    expect(asking.connection.closeReason).toBeUndefined();
    asking.feed('answer\n');
    expect(await reply).toBe('answer');
    asking.advance(999);
    expect(asking.connection.closeReason).toBeUndefined();
    asking.advance(1 + slack(1000));
    expect(asking.connection.closeReason).toBe('idle');

    const iterating = embed(line(), {}, { ...options, role: 'server' });
    let proceed!: () => void;
    const loop = (async () => {
      for await (const text of iterating.connection) {
        expect(text).toBe('work');
        await new Promise<void>((resolve) => (proceed = resolve));
      }
    })();
    iterating.feed('work\n');
    await iterating.settled();
    iterating.advance(HOUR);
    expect(iterating.connection.closeReason).toBeUndefined();
    proceed();
    await iterating.settled();
    iterating.advance(1000 + slack(1000));
    expect(iterating.connection.closeReason).toBe('idle');
    await loop;
  });

  test('is not who takes what is sent, if slowly, but who has bytes that nobody takes', () => {
    const embedded = embed(line(), {}, { idleTimeout: 1000, stallTimeout: false });
    for (let i = 0; i < 20; i++) {
      embedded.connection.send('tick');
      embedded.connection.flush();
      embedded.advance(900);
    }
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.stall();
    for (let i = 0; i < 3; i++) {
      embedded.connection.send('tick');
      embedded.connection.flush();
      embedded.advance(500);
    }
    expect(embedded.connection.closeReason).toBe('idle');
  });
});

describe('a frame', () => {
  test('is not given more time by its bytes, whatever the codec', () => {
    for (const [codec, bytes] of [
      [line(), Buffer.alloc(1000, 'x')],
      [lengthPrefixed(), Buffer.concat([Buffer.from('\0\0\x80\0', 'latin1'), Buffer.alloc(1000)])],
      // Twice as long as allowed by now: what is dropped drips, too.
      [line({ maxLength: 20, onTooLong: 'discard' }), Buffer.alloc(1000, 'x')],
    ] as const) {
      const embedded = embed(codec as CodecFactory<unknown, never>);
      for (let at = 0; at < 300; at++) {
        embedded.feed(bytes.subarray(at, at + 1)).advance(100);
        if (at === 298) expect(embedded.connection.closeReason).toBeUndefined();
      }
      embedded.advance(slack(30_000));
      expect(embedded.connection.closeReason).toBe('frame-timeout');
      expect(embedded.messages).toEqual([]);
    }
  });

  test('has its time for itself: what came before does not count', () => {
    const embedded = embed(line(), {}, { frameTimeout: 1000 });
    for (let i = 0; i < 50; i++) {
      // Each look finds half a line.
      embedded.feed('half').advance(450).feed(' a line\nand half').advance(450).feed(' another\n');
    }
    expect(embedded.messages).toHaveLength(100);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.feed('half').advance(999);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('frame-timeout');
    expect(embedded.connection.error?.message).toContain('1000 ms');
  });

  test('has its time from when this side reads again, however short the pause was', () => {
    // It is looked at every 1024 ms, and never paused then.
    const embedded = embed(line(), {}, { frameTimeout: 16_384 });
    const { connection } = embedded;
    embedded.feed('half');
    for (let look = 0; look < 60; look++) {
      embedded.advance(32);
      connection.pause();
      embedded.advance(960);
      connection.resume();
      embedded.advance(32);
    }
    connection.pause();
    embedded.advance(DAY);
    expect(connection.closeReason).toBeUndefined();
    connection.resume();
    embedded.advance(16_383);
    expect(connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(16_384));
    expect(connection.closeReason).toBe('frame-timeout');
  });

  test('has its time from when a hook has settled, or the peer has read', async () => {
    let settle!: () => void;
    const working = embed(line(), { onRead: () => new Promise<void>((resolve) => (settle = resolve)) });
    working.feed('work\nhalf a li').advance(DAY);
    expect(working.connection.closeReason).toBeUndefined();
    settle();
    await working.settled();
    working.advance(29_999);
    expect(working.connection.closeReason).toBeUndefined();
    working.advance(1 + slack(30_000));
    expect(working.connection.closeReason).toBe('frame-timeout');

    const pressed = embed(line(), {}, { highWaterMark: 10, stallTimeout: false });
    pressed.feed('half a li').stall().connection.send('more than ten bytes');
    pressed.connection.flush();
    pressed.advance(DAY);
    expect(pressed.connection.closeReason).toBeUndefined();
    pressed.unstall().advance(29_999);
    expect(pressed.connection.closeReason).toBeUndefined();
    pressed.advance(1 + slack(30_000));
    expect(pressed.connection.closeReason).toBe('frame-timeout');
  });

  test('that does not come in time is told, and the answer still leaves', async () => {
    const embedded = embed(line(), { onError: (connection, error) => connection.send(error.code) });
    embedded.feed('half').advance(30_000 + slack(30_000));
    expect(embedded.sent().toString()).toBe('WIRE_FRAME_TIMEOUT\n');
    expect(embedded.ended).toBe(true);
    embedded.feed(' a line\n').end();
    await embedded.settled();
    expect(embedded.messages).toEqual([]);
    expect(embedded.closeReasons).toEqual(['frame-timeout']);
  });

  test('that drips in over a real socket is cut off', async () => {
    const reasons: string[] = [];
    const server = new Server({ codec: line(), frameTimeout: 300 })
      .onRead(() => {})
      .onClose((_, reason) => void reasons.push(reason));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect({ port: server.port!, host: '127.0.0.1', noDelay: true });
    const closed = received(peer);
    const drip = setInterval(() => peer.writable && peer.write('x'), 10);
    await closed;
    clearInterval(drip);
    await vi.waitFor(() => expect(reasons).toEqual(['frame-timeout']), { timeout: 10_000 });
    await server.close();
  });
});

describe('the handshake', () => {
  test('may take its time, to the millisecond or so', async () => {
    for (const handshakeTimeout of [1, 10, 100, 10_000, DAY]) {
      for (const options of [OFF, {}]) {
        let settle!: () => void;
        const onConnect = (): Promise<void> => new Promise((resolve) => (settle = resolve));
        const late = embed(line(), { onConnect }, { ...options, handshakeTimeout });
        late.advance(handshakeTimeout - 1);
        expect(late.connection.closeReason).toBeUndefined();
        late.advance(1 + slack(handshakeTimeout));
        expect(late.connection.closeReason).toBe('handshake-timeout');
        settle();
        await late.settled();
        expect(late.errors).toHaveLength(1);

        const ready = embed(line(), { onConnect }, { ...options, handshakeTimeout });
        ready.advance(handshakeTimeout - 1);
        settle();
        await ready.settled();
        ready.advance(10 * handshakeTimeout);
        expect(ready.connection.closeReason).toBeUndefined();
      }
    }
  });

  test('does not stand in the way of a close', async () => {
    const embedded = embed(
      line(),
      {
        onConnect(connection) {
          void connection.close();
          return never();
        },
      },
      { ...OFF, handshakeTimeout: 10_000, closeTimeout: 1000 },
    );
    embedded.advance(999);
    expect(embedded.destroyed).toBe(false);
    embedded.advance(1 + slack(1000));
    expect(embedded.destroyed).toBe(true);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['local']);
    expect(embedded.clock.pending).toBe(0);
  });
});

describe('closing', () => {
  test('ends all other deadlines', async () => {
    const embedded = embed(
      line(),
      { onError: () => {} },
      { idleTimeout: 10, frameTimeout: 10, stallTimeout: 10, heartbeat: { interval: 10, ping: () => {} } },
    );
    embedded.feed('half').stall().connection.send('unsent');
    void embedded.connection.close();
    embedded.advance(4999);
    expect(embedded.destroyed).toBe(false);
    expect(embedded.connection.closeReason).toBe('local');
    embedded.advance(1 + slack(5000));
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['local']);
    expect(embedded.errors).toEqual([]);
    expect(embedded.clock.pending).toBe(0);
  });

  test('leaves no timer behind, however it came about', async () => {
    const ends = {
      destroy: (embedded) => embedded.connection.destroy(),
      reset: (embedded) => void embedded.reset(),
      peer: (embedded) => void embedded.end(),
      close: (embedded) => void embedded.end().connection.close(),
      drain: (embedded) => void embedded.end().connection.close({ drain: true }),
    } satisfies Record<string, (embedded: ReturnType<typeof embed>) => void>;
    for (const end of Object.values(ends)) {
      const options = { idleTimeout: 100, heartbeat: { interval: 100, ping: () => {} } };
      const embedded = embed<unknown>(line() as never, {}, options);
      embedded.advance(5);
      expect(embedded.clock.pending).toBe(1);
      end(embedded);
      for (let turn = 0; turn < 4; turn++) await embedded.settled();
      expect(embedded.closeReasons).toHaveLength(1);
      expect(embedded.clock.pending).toBe(0);
    }
  });
});

describe('the heartbeat', () => {
  /** A connection and the times of its pings. */
  function beating(
    options: ConnectionOptions & { role?: 'client' } = {},
    ping: (connection: Connection<string>) => unknown = (connection) => connection.send('ping'),
  ) {
    const pings: number[] = [];
    const note = (connection: Connection<string>): unknown => {
      pings.push(embedded.clock.now());
      return ping(connection);
    };
    const heartbeat = { interval: 1000, misses: 3, ping: note };
    const embedded = embed(line(), { onRead: () => {} }, { heartbeat, ...options });
    return { embedded, pings };
  }

  test('comes after silence, again while it lasts, and then no more', async () => {
    const { embedded, pings } = beating();
    embedded.advance(3999);
    expect(pings).toHaveLength(3);
    for (const [i, at] of pings.entries()) {
      expect(at).toBeGreaterThanOrEqual(1000 * (i + 1));
      expect(at).toBeLessThanOrEqual(1000 * (i + 1) + slack(1000));
    }
    expect(embedded.connection.closeReason).toBeUndefined();
    expect(embedded.sent().toString()).toBe('ping\nping\nping\n');
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('heartbeat');
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT' }]);
    expect(embedded.errors[0]!.message).toMatch(/silent for 4\d\d\d ms and did not answer 3 pings/);
    // Nobody is there to end in good order with.
    expect(embedded.destroyed).toBe(true);
    embedded.advance(DAY);
    await embedded.settled();
    expect(pings).toHaveLength(3);
    expect(embedded.closeReasons).toEqual(['heartbeat']);
  });

  test('takes any byte for an answer', () => {
    const { embedded, pings } = beating({ frameTimeout: false });
    for (let i = 1; i <= 20; i++) {
      embedded.advance(3800);
      // The line never ends.
      embedded.feed('x');
      expect(pings).toHaveLength(3 * i);
    }
    expect(embedded.messages).toEqual([]);
    embedded.advance(999);
    expect(pings).toHaveLength(60);
    embedded.advance(3001 + slack(1000) * 2);
    expect(embedded.connection.closeReason).toBe('heartbeat');
  });

  test('does not come while there is something to hear', () => {
    const { embedded, pings } = beating();
    for (let i = 0; i < 100; i++) embedded.feed('news\n').advance(900);
    expect(pings).toEqual([]);
  });

  test('does not blame the peer for what this side does not read', async () => {
    let settle!: () => void;
    const { embedded, pings } = beating();
    embedded.advance(2500);
    expect(pings).toHaveLength(2);
    embedded.connection.pause();
    embedded.advance(HOUR);
    expect(pings).toHaveLength(2);
    embedded.connection.resume();
    embedded.advance(999);
    expect(pings).toHaveLength(2);
    embedded.advance(3000);
    expect(pings).toHaveLength(5);
    expect(embedded.connection.closeReason).toBeUndefined();

    const heartbeat = { interval: 1000, ping: () => void pings.push(0) };
    pings.length = 0;
    const onConnect = (): Promise<void> => new Promise((resolve) => (settle = resolve));
    const connecting = embed(line(), { onConnect }, { heartbeat, handshakeTimeout: false });
    connecting.advance(HOUR);
    expect(pings).toEqual([]);
    settle();
    await connecting.settled();
    connecting.advance(1000 + slack(1000));
    expect(pings).toHaveLength(1);
  });

  test('does not ask who has ended, and is still being answered', async () => {
    let settle!: () => void;
    const pings: number[] = [];
    const embedded = embed(
      line(),
      { onRead: () => {}, onEnd: () => new Promise<void>((resolve) => (settle = resolve)) },
      { halfOpen: true, heartbeat: { interval: 1000, ping: () => void pings.push(0) } },
    );
    embedded.feed('a long story, please\n').end();
    await embedded.settled();
    settle();
    await embedded.settled();
    embedded.advance(HOUR);
    expect(pings).toEqual([]);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.send('once upon a time');
    expect(embedded.sent().toString()).toBe('once upon a time\n');
  });

  test('may ask with a request, and that it is not answered is no error', async () => {
    const exchanges = new WeakMap<object, Exchange<string, FrameBody>>();
    let pings = 0;
    const heartbeat = {
      interval: 1000,
      misses: 2,
      ping: (connection: Connection<string>) => {
        pings++;
        return exchanges.get(connection)!.request('ping', (text) => text, { timeout: 500 });
      },
    };
    const embedded = embed(line(), {}, { role: 'client', record: false, heartbeat });
    const { connection } = embedded;
    exchanges.set(connection, new Exchange(connection));
    for (let i = 0; i < 10; i++) {
      embedded.advance(1000 + slack(1000));
      expect(embedded.sent().toString()).toBe('ping\n');
      embedded.feed('pong\n');
      await embedded.settled();
    }
    expect(connection.closeReason).toBeUndefined();
    expect(pings).toBe(10);
    for (let i = 0; i < 20; i++) {
      embedded.advance(150);
      await embedded.settled();
      expect(embedded.errors).toEqual([]);
    }
    expect(pings).toBe(12);
    embedded.advance(2 * slack(1000));
    await embedded.settled();
    expect(connection.closeReason).toBe('heartbeat');
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT' }]);
  });

  test('that throws closes its connection, and no other', async () => {
    const { embedded, pings } = beating({}, () => {
      throw new TypeError('a bug');
    });
    embedded.advance(1000 + slack(1000));
    await embedded.settled();
    expect(pings).toHaveLength(1);
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', message: 'ping failed: a bug' }]);
    embedded.advance(5000 + slack(5000));
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['hook-error']);
    expect(embedded.clock.pending).toBe(0);
  });

  test('that rejects was not answered, which is told when the misses are full', async () => {
    const failure = new TypeError('a bug');
    const { embedded, pings } = beating({}, () => Promise.reject(failure));
    embedded.advance(1000 + slack(1000));
    await embedded.settled();
    expect(pings).toHaveLength(1);
    expect(embedded.errors).toEqual([]);
    for (let i = 0; i < 10; i++) {
      embedded.advance(500);
      await embedded.settled();
    }
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT', cause: failure }]);
    expect(embedded.closeReasons).toEqual(['heartbeat']);
  });

  test('may close or destroy the connection itself', async () => {
    for (const [ping, reason] of [
      [(connection: Connection<string>) => void connection.close(), 'local'],
      [(connection: Connection<string>) => connection.destroy(), 'destroyed'],
    ] as const) {
      const { embedded, pings } = beating({}, ping);
      embedded.advance(1000 + slack(1000));
      await embedded.settled();
      expect(embedded.connection.closeReason).toBe(reason);
      embedded.advance(5000 + slack(5000));
      await embedded.settled();
      expect(embedded.closeReasons).toEqual([reason]);
      expect(pings).toHaveLength(1);
      expect(embedded.errors).toEqual([]);
      expect(embedded.clock.pending).toBe(0);
    }
  });

  test('finds out that nobody is there any more, over a real socket', async () => {
    const server = new Server({ codec: line() }).onRead(() => {});
    await server.listen({ port: 0, host: '127.0.0.1' });
    const heartbeat = { interval: 50, ping: (connection: Connection<string>) => connection.send('ping') };
    const client = new Client({ codec: line(), heartbeat }).onRead(() => {});
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    expect(await connection.closed).toBe('heartbeat');
    expect(connection.counters.messagesOut).toBe(3);
    await server.close();
  });
});

test('one object of deadlines serves for the whole life of a connection', () => {
  const clock = new FakeClock();
  const pairs = Array.from({ length: 500 }, () => duplexPair());
  const connections = pairs.map(([end]) => Connection.over(end, line(), {}, { clock, idleTimeout: 60_000 }));
  expect(clock.pending).toBe(1);
  const timers = vi.spyOn(clock, 'after');
  clock.advance(59_000);
  expect(connections.every(({ closeReason }) => closeReason === undefined)).toBe(true);
  // Every 1875 ms or a little later, all of them at once.
  expect(timers.mock.calls.length).toBeLessThanOrEqual(33);
  clock.advance(1000 + slack(60_000));
  expect(connections.every(({ closeReason }) => closeReason === 'idle')).toBe(true);
  for (const connection of connections) connection.destroy();
});
