import { FakeClock } from '@wirewright/core/testing';
import type { JobServer, JobServerOptions } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

/** A server whose time is ours. */
interface Scene {
  readonly clock: FakeClock;
  /** Lets so many ms pass at once: the timers of all that time take long to go through. */
  readonly leap: (ms: number) => void;
  readonly now: () => string;
  readonly c: Talk;
  readonly w: Talk;
  readonly server: JobServer;
}

async function at(iso: string, options: JobServerOptions = {}): Promise<Scene> {
  const clock = new FakeClock();
  let start = Date.parse(iso);
  const wall = (): number => start + clock.now();
  const server = await serve({ clock, wall, timeZone: 'UTC', probeInterval: false, ...options });
  const [c, w] = [await Talk.to(server), await worker(server, 'f')];
  const leap = (ms: number): void => {
    // After a minute at most, it is looked what time it is.
    start += ms - 60_000;
    clock.advance(60_000);
  };
  return { clock, leap, now: () => new Date(wall()).toISOString(), c, w, server };
}

/** The times at which a job comes, in the next `hours`; looked at every `step` minutes. */
async function times(
  fields: readonly [string, string, string, string, string],
  start: string,
  hours: number,
  options: JobServerOptions = {},
  step = 30,
): Promise<string[]> {
  const { leap, now, c, w, server } = await at(start, options);
  expect(await c.ask('SUBMIT_JOB_SCHED', 'f', '', ...fields, 'x')).toBe('JOB_CREATED H:t:1');
  await w.send('PRE_SLEEP').all();
  const seen: string[] = [];
  for (let minute = 0; minute < hours * 60; minute += step) {
    leap(step * 60_000);
    if (server.jobs.waiting > 0) continue;
    for (const noop of await w.all()) {
      expect(noop).toBe('NOOP');
      seen.push(now());
      await w.send('GRAB_JOB').send('WORK_COMPLETE', 'H:t:1', '').send('PRE_SLEEP').all();
    }
  }
  return seen;
}

describe('a job at a time', () => {
  test('wakes a worker when it falls due, and not before', async () => {
    const { clock, c, w, server } = await at('2026-01-01T00:00:00Z');
    const due = String(Date.parse('2026-01-01T00:02:00Z') / 1000);
    expect(await c.ask('SUBMIT_JOB_EPOCH', 'f', '', due, 'x')).toBe('JOB_CREATED H:t:1');
    expect(await w.send('PRE_SLEEP').all()).toEqual([]);
    expect(server.jobs).toEqual({ total: 1, running: 0, waiting: 1 });
    expect(await c.ask('GET_STATUS', 'H:t:1')).toBe('STATUS_RES H:t:1 1 0 0 0');
    clock.advance(119_999);
    expect(await w.all()).toEqual([]);
    clock.advance(1);
    expect(await w.all()).toEqual(['NOOP']);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
  });

  test('many come in the order of their times, whenever they were submitted', async () => {
    const { clock, c, w } = await at('2026-01-01T00:00:00Z');
    const base = Date.parse('2026-01-01T00:00:00Z') / 1000;
    const delays = [50, 10, 40, 20, 30, 60, 5, 15];
    for (const delay of delays) c.send('SUBMIT_JOB_EPOCH', 'f', `${delay}`, String(base + delay), `${delay}`);
    await c.all();
    expect(await c.send('cancel unique f 40\n').all()).toEqual(['OK']);
    const order: string[] = [];
    for (let second = 1; second <= 60; second++) {
      clock.advance(1000);
      const grabbed = await w.ask('GRAB_JOB');
      if (grabbed !== 'NO_JOB') order.push(`${second}:${grabbed.split(' ')[3]}`);
    }
    expect(order).toEqual(['5:5', '10:10', '15:15', '20:20', '30:30', '50:50', '60:60']);
  });

  test.each(['soon', '-5', '0', '', '12x'])('%j is now', async (when) => {
    const { c, w } = await at('2026-01-01T00:00:00Z');
    expect(await c.ask('SUBMIT_JOB_EPOCH', 'f', '', when, 'x')).toBe('JOB_CREATED H:t:1');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
  });

  test('a time that there is not is refused', async () => {
    const { c } = await at('2026-01-01T00:00:00Z');
    expect(await c.ask('SUBMIT_JOB_EPOCH', 'f', '', '9'.repeat(23), 'x')).toBe(
      'ERROR ARGUMENT_TOO_LARGE Number is out of range',
    );
  });

  test('a clock that is set while it waits is noticed', async () => {
    const clock = new FakeClock();
    let set = Date.parse('2026-01-01T00:00:00Z');
    const server = await serve({ clock, wall: () => set + clock.now() });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB_EPOCH', 'f', '', String(set / 1000 + 7200), 'x');
    clock.advance(30_000);
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    set += 7_200_000;
    clock.advance(60_000);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
  });
});

describe('a job with a schedule', () => {
  test('comes again and again under its handle, until it is cancelled', async () => {
    expect(await times(['*/20', '*', '*', '*', '*'], '2026-01-01T00:00:00Z', 1.1, {}, 1)).toEqual([
      '2026-01-01T00:20:00.000Z',
      '2026-01-01T00:40:00.000Z',
      '2026-01-01T01:00:00.000Z',
    ]);
    const { clock, c, w, server } = await at('2026-01-01T00:00:00Z');
    await c.ask('SUBMIT_JOB_SCHED', 'f', '', '*', '', '', '', '', 'x');
    expect(server.cancel({ handle: 'H:t:1' })).toBe(1);
    clock.advance(600_000);
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
  });

  test('joins one with the same unique and schedule, and no other job; a line is short', async () => {
    const { c } = await at('2026-01-01T00:00:00Z');
    const every = ['*', '*', '*', '*', '*'] as const;
    expect(await c.ask('SUBMIT_JOB_SCHED', 'f', 'u', ...every, 'x')).toBe('JOB_CREATED H:t:1');
    expect(await c.ask('SUBMIT_JOB_SCHED', 'f', 'u', ...every, 'x')).toBe('JOB_CREATED H:t:1');
    expect(await c.ask('SUBMIT_JOB_SCHED', 'f', 'u', '5', '*', '*', '*', '*', 'x')).toMatch(
      /^ERROR INVALID_ARGUMENT Unique/,
    );
    expect(await c.ask('SUBMIT_JOB_SCHED', 'f', '', '1,'.repeat(300), '*', '*', '*', '*', 'x')).toMatch(
      /Schedule is none/,
    );
  });

  test('does not run twice at a time: a time at which it still runs is left out', async () => {
    const { clock, c, w } = await at('2026-01-01T00:00:00Z');
    await c.ask('SUBMIT_JOB_SCHED', 'f', 'u', '*', '*', '*', '*', '*', 'x');
    clock.advance(60_000);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
    clock.advance(150_000);
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    await w.send('WORK_FAIL', 'H:t:1').all();
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    clock.advance(30_000);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
  });

  // The first of January 2026 is a Thursday: 3 in PROTOCOL, which has 0 for Monday.
  test.each([
    ['3', ['2026-01-01']],
    ['0', ['2026-01-05']],
    ['6', ['2026-01-04']],
    ['5-6', ['2026-01-03', '2026-01-04']],
    ['mon,SUN', ['2026-01-04', '2026-01-05']],
    ['*/3', ['2026-01-01', '2026-01-04', '2026-01-05']],
    ['4/2', ['2026-01-02', '2026-01-04']],
  ])(
    'on weekday %s: 0 is Monday',
    async (weekday, days) => {
      const seen = await times(['0', '12', '*', '*', weekday], '2026-01-01T00:00:00Z', 5 * 24, {}, 60);
      expect(seen).toEqual(days.map((day) => `${day}T12:00:00.000Z`));
    },
    60_000,
  );

  test('in a time zone: put forward, an hour that there is not comes when it is over; put back, one that is there twice comes once', async () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    expect(await times(['30', '2', '*', '*', '*'], '2026-03-28T00:00:00Z', 60, berlin)).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(await times(['30', '2', '*', '*', '*'], '2026-10-24T00:00:00Z', 60, berlin)).toEqual([
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test.each([
    ['60', '*', '*', '*', '*'],
    ['*', '24', '*', '*', '*'],
    ['*', '*', '32', '*', '*'],
    ['*', '*', '*', '13', '*'],
    ['*', '*', '*', '*', '7'],
    ['*', '*', '*', '*', 'someday'],
    ['*', '*', '*', '*', '5-3'],
    ['*', '*', '*', '*', '*/0'],
    ['0', '0', '30', '2', '*'],
    ['* *', '*', '*', '*', '*'],
    ['x', '*', '*', '*', '*'],
  ])('%s %s %s %s %s is refused', async (...fields) => {
    const { c } = await at('2026-01-01T00:00:00Z');
    expect(await c.ask('SUBMIT_JOB_SCHED', 'f', '', ...fields, 'x')).toBe(
      'ERROR INVALID_ARGUMENT Schedule is none, or has no next time',
    );
  });
});
