import { once } from 'node:events';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { type Clock, Server, systemClock } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { Alarm, Check, Sweep } from '../../../packages/core/src/connection/sweep.ts';
import { gc } from '../../support/gc.ts';
import { random } from '../../support/random.ts';

/** How much later than asked for something may be looked at: a sixteenth, or the finest step, and what rounding adds. */
const lateness = (delay: number): number => Math.max(delay / 16, 2);

/** An alarm that notes when it is looked at. */
class Noting extends Alarm {
  readonly looks: number[] = [];
  again: () => number;

  constructor(again: () => number = () => 0) {
    super();
    this.again = again;
  }

  check(now: number): number {
    this.looks.push(now);
    return this.again();
  }
}

/** A clock that can jump over timers, as the machine's does when the process was busy, and notes how they are set. */
class JumpingClock implements Clock {
  time = 0;
  readonly delays: number[] = [];
  readonly timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.time + delay, callback };
    this.delays.push(delay);
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** Moves on by `ms` at once, and only then calls what is due. */
  jump(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) {
      if (timer.at > this.time) continue;
      this.timers.delete(timer);
      timer.callback();
    }
  }
}

/** Delays from the shortest to `longest` ms, a few around every power of two. */
function delays(longest: number): number[] {
  const all = new Set([0, 1, 2, 3, 5, 10, 80, 1000, 30_000, 60_000, longest]);
  for (let power = 2; power <= longest; power *= 2) for (const near of [-1, 0, 1]) all.add(power + near);
  return [...all].filter((delay) => delay <= longest);
}

describe('an alarm', () => {
  test('is looked at no earlier than it is set for, and later by a sixteenth at most', () => {
    const next = random(1);
    for (const delay of delays(3_600_000)) {
      for (const exact of [false, true]) {
        for (let run = 0; run < 8; run++) {
          const clock = new FakeClock();
          const sweep = Sweep.of(clock);
          // Between milliseconds, too, and with company that comes and goes.
          clock.advance(next() * 10_000);
          for (let i = 0; i < run; i++) sweep.set(new Noting(), next() * 2 * delay);
          const alarm = new Noting();
          alarm.exact = exact;
          const from = clock.now();
          sweep.set(alarm, delay);
          clock.advance(2 * delay + 10);
          expect(alarm.looks).toHaveLength(1);
          const late = alarm.looks[0]! - (from + delay);
          expect(late, `${delay} ms from ${from}`).toBeGreaterThanOrEqual(0);
          expect(late, `${delay} ms from ${from}`).toBeLessThan(exact ? 2 : 1 + lateness(delay));
        }
      }
    }
  });

  test('set anew is looked at once, at the new time, be it sooner or later', () => {
    const next = random(2);
    for (let run = 0; run < 500; run++) {
      const clock = new FakeClock();
      const sweep = Sweep.of(clock);
      const alarm = new Noting();
      let due = 0;
      let delay = 0;
      for (let times = 0; times < 5; times++) {
        // Before its time comes: after a few ms of a longer delay.
        clock.advance(Math.floor(next() * 50));
        delay = 60 + Math.floor(next() * 5000);
        due = clock.now() + delay;
        sweep.set(alarm, delay);
        expect(alarm.at).toBeGreaterThanOrEqual(due);
        expect(clock.pending).toBe(1);
      }
      clock.advance(60_000);
      expect(alarm.looks).toHaveLength(1);
      expect(alarm.looks[0]! - due).toBeGreaterThanOrEqual(0);
      expect(alarm.looks[0]! - due).toBeLessThan(1 + lateness(delay));
      expect(alarm.at).toBe(Infinity);
      expect(clock.pending).toBe(0);
    }
  });

  test('that is cancelled is not looked at, and takes the timer along when it was the last', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const alarms = Array.from({ length: 1000 }, () => new Noting());
    for (const [i, alarm] of alarms.entries()) sweep.set(alarm, 1 + i * 7);
    expect(clock.pending).toBe(1);
    for (const alarm of alarms.slice(1)) sweep.cancel(alarm);
    expect(clock.pending).toBe(1);
    sweep.cancel(alarms[0]!);
    sweep.cancel(alarms[0]!);
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(alarms.flatMap(({ looks }) => looks)).toEqual([]);

    // It can be set again.
    sweep.set(alarms[0]!, 5);
    clock.advance(10);
    expect(alarms[0]!.looks).toHaveLength(1);
  });

  test('is looked at again when its check says so', () => {
    const clock = new FakeClock();
    const again = [100, 1000, 0.5, Infinity];
    const alarm = new Noting(() => again.shift()!);
    Sweep.of(clock).set(alarm, 10);
    clock.advance(1_000_000);
    const [first, second, third, fourth, ...more] = alarm.looks;
    expect(first).toBeGreaterThanOrEqual(10);
    expect(second! - first!).toBeGreaterThanOrEqual(100);
    expect(second! - first!).toBeLessThan(101 + lateness(100));
    expect(third! - second!).toBeGreaterThanOrEqual(1000);
    expect(third! - second!).toBeLessThan(1001 + lateness(1000));
    expect(fourth! - third!).toBeLessThanOrEqual(2);
    expect(more).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('longer than a timer can be is kept all the same', () => {
    const clock = new JumpingClock();
    const alarm = new Noting();
    const delay = 2 ** 31 - 1;
    Sweep.of(clock).set(alarm, delay);
    while (alarm.looks.length === 0 && clock.delays.length < 10) clock.jump(Math.max(...clock.delays));
    expect(Math.max(...clock.delays)).toBeLessThanOrEqual(2 ** 31 - 1);
    expect(alarm.looks).toHaveLength(1);
    expect(alarm.looks[0]).toBeGreaterThanOrEqual(delay);
  });

  test('of the clock of the machine comes, too', async () => {
    const from = systemClock.now();
    await new Promise<void>((resolve) => {
      Sweep.of(systemClock).after(20, resolve);
    });
    expect(systemClock.now() - from).toBeGreaterThan(18);
  });
});

describe('while it is looked at, an alarm', () => {
  test('may be set for sooner than its check says, and not for later', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const sooner = new Noting(() => {
      if (sooner.looks.length === 1) sweep.set(sooner, 100);
      return sooner.looks.length === 1 ? 1000 : 0;
    });
    const later = new Noting(() => {
      if (later.looks.length === 1) sweep.set(later, 1000);
      return later.looks.length === 1 ? 100 : 0;
    });
    sweep.set(sooner, 2);
    sweep.set(later, 2);
    clock.advance(500);
    expect(sooner.looks).toHaveLength(2);
    expect(later.looks).toHaveLength(2);
    clock.advance(5000);
    expect(sooner.looks).toHaveLength(2);
    expect(later.looks).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test('may be cancelled: its check has no say then', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const alarm = new Noting(() => {
      sweep.cancel(alarm);
      return 100;
    });
    sweep.set(alarm, 10);
    clock.advance(1000);
    expect(alarm.looks).toHaveLength(1);
    expect(clock.pending).toBe(0);

    // And set once more behind that.
    const twice = new Noting(() => {
      sweep.cancel(twice);
      if (twice.looks.length === 1) sweep.set(twice, 50);
      return 10;
    });
    sweep.set(twice, 10);
    clock.advance(1000);
    expect(twice.looks).toHaveLength(2);
    expect(twice.looks[1]! - twice.looks[0]!).toBeGreaterThanOrEqual(50);
  });

  test('may set, move and cancel others, due ones as well', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const cancelled = new Noting();
    const moved = new Noting();
    const added = new Noting();
    const far = new Noting();
    const first = new Noting(() => {
      sweep.cancel(cancelled);
      sweep.set(moved, 500);
      sweep.set(added, 3);
      sweep.set(far, 4);
      return 0;
    });
    for (const alarm of [first, cancelled, moved]) sweep.set(alarm, 10);
    sweep.set(far, 100_000);
    clock.advance(10);
    expect(first.looks).toHaveLength(1);
    expect(clock.pending).toBe(1);
    clock.advance(10);
    expect([added, far].map(({ looks }) => looks.length)).toEqual([1, 1]);
    expect([cancelled, moved].map(({ looks }) => looks.length)).toEqual([0, 0]);
    clock.advance(600);
    expect(moved.looks).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('may set others without a timer for each', () => {
    const clock = new JumpingClock();
    const sweep = Sweep.of(clock);
    sweep.after(10, () => {
      for (const delay of [500, 400, 300, 200, 1000]) sweep.set(new Noting(), delay);
    });
    clock.jump(10);
    expect(clock.delays).toHaveLength(2);
    expect(clock.delays[1]).toBeGreaterThanOrEqual(200);
    expect(clock.delays[1]).toBeLessThanOrEqual(200 + lateness(200));
  });

  test('that sets itself for this very moment does not keep the sweep from ending', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    for (const delay of [0, -5]) {
      const alarm = new Noting(() => {
        if (alarm.looks.length > 1000) throw new Error('endless');
        sweep.set(alarm, delay);
        return 0;
      });
      sweep.set(alarm, delay);
      clock.advance(20);
      expect(alarm.looks.length).toBeGreaterThan(5);
      expect(alarm.looks.length).toBeLessThanOrEqual(21);
      sweep.cancel(alarm);
      expect(clock.pending).toBe(0);
    }
  });

  test('that fails is reported, and keeps no other from being looked at', () => {
    const warnings: unknown[] = [];
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning));
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const failing = new Noting(() => {
      throw new Error('a bug');
    });
    const others = [new Noting(), new Noting()];
    for (const alarm of [others[0]!, failing, others[1]!]) sweep.set(alarm, 10);
    clock.advance(100);
    warned.mockRestore();
    expect(warnings).toEqual([new Error('a bug')]);
    expect(others.map(({ looks }) => looks.length)).toEqual([1, 1]);
    sweep.set(others[0]!, 10);
    clock.advance(100);
    expect(others[0]!.looks).toHaveLength(2);
  });
});

describe('a sweep', () => {
  test('is one for each clock', () => {
    const clock = new FakeClock();
    expect(Sweep.of(clock)).toBe(Sweep.of(clock));
    expect(Sweep.of(new FakeClock())).not.toBe(Sweep.of(clock));
  });

  test('looks at thousands of alarms with few timers', () => {
    const clock = new FakeClock();
    const timers = vi.spyOn(clock, 'after');
    const sweep = Sweep.of(clock);
    const next = random(3);
    const alarms = Array.from({ length: 5000 }, () => new Noting(() => 1875));
    for (const alarm of alarms) {
      if (next() < 0.1) clock.advance(1);
      sweep.set(alarm, 1875);
      expect(clock.pending).toBe(1);
    }
    for (let second = 0; second < 60; second++) {
      clock.advance(1000);
      expect(clock.pending).toBe(1);
    }
    const looks = alarms.reduce((sum, alarm) => sum + alarm.looks.length, 0);
    expect(looks).toBeGreaterThan(5000 * 28);
    // They have been set over half a second; a step of 64 ms is no more than eight of them, every 1920 ms.
    expect(timers.mock.calls.length).toBeLessThan(600);
    for (const alarm of alarms) sweep.cancel(alarm);
    expect(clock.pending).toBe(0);
  });

  test('that comes late looks at everything in the order in which it was due, once others had their turn', async () => {
    const clock = new JumpingClock();
    const sweep = Sweep.of(clock);
    const order: number[] = [];
    for (const delay of [500, 30, 7, 200, 90, 1]) sweep.after(delay, () => order.push(delay));
    clock.jump(100);
    expect(order).toEqual([]);
    await new Promise(setImmediate);
    expect(order).toEqual([1, 7, 30, 90]);
    clock.jump(1000);
    await new Promise(setImmediate);
    expect(order).toEqual([1, 7, 30, 90, 200, 500]);
    expect(clock.timers.size).toBe(0);
  });

  test('counts the next delay from the end of a long look', () => {
    const clock = new JumpingClock();
    const sweep = Sweep.of(clock);
    sweep.after(10, () => {
      clock.time += 300;
    });
    sweep.after(400, () => {});
    clock.jump(10);
    expect(clock.time).toBe(310);
    expect(clock.delays.at(-1)).toBe(90);
  });

  test('copes with as many exact alarms as there are milliseconds', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const next = random(4);
    const alarms = Array.from({ length: 20_000 }, () => {
      const alarm = new Noting();
      alarm.exact = true;
      return alarm;
    });
    const due = new Map<Noting, number>();
    for (const alarm of alarms) {
      const delay = 1 + Math.floor(next() * 100_000);
      sweep.set(alarm, delay);
      due.set(alarm, delay);
    }
    for (let i = 0; i < 10_000; i++) {
      const alarm = alarms[Math.floor(next() * alarms.length)]!;
      if (next() < 0.5) {
        sweep.cancel(alarm);
        due.delete(alarm);
      } else {
        const delay = 1 + Math.floor(next() * 200_000);
        sweep.set(alarm, delay);
        due.set(alarm, delay);
      }
    }
    clock.advance(200_000);
    expect(alarms.filter((alarm) => alarm.looks.join() !== `${due.get(alarm) ?? ''}`)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('keeps nothing that was cancelled, or set anew', async () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    sweep.set(new Check(() => 0), 3_600_000);
    const kept = new WeakRef(new Noting());
    const cancelled = new WeakRef(new Noting());
    sweep.set(kept.deref()!, 3_600_000);
    // As often as a connection pool dials: what is over must not pile up until its time comes.
    const ref = (alarm: Noting): Noting => alarm;
    for (let i = 0; i < 50_000; i++) {
      sweep.set(ref(cancelled.deref()!), 3_600_000 + i);
      sweep.cancel(cancelled.deref()!);
      sweep.set(kept.deref()!, 3_600_000 + i);
    }
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    expect(cancelled.deref()).toBeUndefined();
    expect(kept.deref()).toBeDefined();
    clock.advance(8_000_000);
    expect(kept.deref()!.looks).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('after()', () => {
  test('calls once, unless it is called off', () => {
    const clock = new FakeClock();
    const sweep = Sweep.of(clock);
    const calls: string[] = [];
    const cancel = sweep.after(10, () => calls.push('called off'));
    const late = sweep.after(10, () => calls.push('called'));
    cancel();
    clock.advance(10);
    expect(calls).toEqual(['called']);
    late();
    late();
    expect(clock.pending).toBe(0);
  });
});

test('after the event loop was blocked, what came meanwhile is read before a deadline is looked at', async () => {
  await using server = new Server<string>({ codec: line(), idleTimeout: 60 }).onRead((connection, text) =>
    connection.send(text),
  );
  const reasons: string[] = [];
  server.onClose((_connection, reason) => reasons.push(reason));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect({ port: server.port!, host: '127.0.0.1' });
  socket.write('a\n');
  await once(socket, 'data');
  socket.write('b\n');
  const answered = once(socket, 'data');
  // In a hook of the timers' phase, so that the deadline is due before the next poll.
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      const end = performance.now() + 150;
      while (performance.now() < end);
      resolve();
    }, 0);
  });
  await answered;
  expect(reasons).toEqual([]);
  socket.destroy();
});
