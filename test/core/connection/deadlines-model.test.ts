import type { WireError } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { Deadlines, type DeadlineSettings, pollInterval } from '../../../packages/core/src/connection/deadlines.ts';
import { Sweep } from '../../../packages/core/src/connection/sweep.ts';
import { random } from '../../support/random.ts';
import { same } from '../../support/same.ts';
import { slack } from './deadline-times.ts';

describe('whatever happens when, no deadline is early, and none later than an eighth:', () => {
  /** A connection that is nothing but what deadlines look at, and when what was true began to be. */
  class Simulated {
    readonly clock = new FakeClock();
    readonly deadlines: Deadlines<Simulated>;
    readonly settings: DeadlineSettings;
    readonly incoming = {
      bytes: 0,
      frames: 0,
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
      incoming.frames += messages;
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
      same(simulated.early, []);
      if (simulated.over !== undefined) return simulated.over;
      const now = simulated.clock.now();
      for (const { name, by } of simulated.due())
        if (now > by) expect.unreachable(`${name} had to come by ${by}, and it is ${now}`);
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
