import { Buffer } from 'node:buffer';

import { type Line, line } from '@wirewright/codec-line';
import { ProtocolError } from '@wirewright/core';
import type { CodecFactory } from '@wirewright/core/codec';
import { expect, test } from 'vitest';

import { random } from '../../support/random.ts';
import { type Asking, asking, byId, type Outcome } from './asking.ts';

const WINDOW = 4;
const MAX_WAITING = 6;
const PUSHED = /^!/;

/** Lines, of which those that say so cannot be encoded. */
const codec: CodecFactory<string, Line> = () => {
  const lines = line({ maxLength: 200 })();
  return {
    decode: (input) => lines.decode(input),
    encode(message, output) {
      output.utf8(`${String(message)}\n`);
      if (String(message).endsWith('unsayable')) throw new TypeError('no word for it');
    },
  };
};

type Expected = string[] | { name?: string; code?: string; sent?: boolean };

type Kind = 'replies' | 'failures' | 'timeouts' | 'aborts' | 'lost';

/** A request as the model has it: what it is, whether it was seen on the wire, and what has to become of it. */
interface Asked {
  readonly id: string;
  readonly message: string;
  readonly unsayable: boolean;
  /** The frames of its reply; the last is told by a dot, or by an exclamation mark if it is an error. */
  readonly frames: string[];
  readonly group: AbortController;
  readonly due: number;
  readonly outcome: Outcome;
  told: number;
  sent: boolean;
  /** What it has to be settled with: the frames of its reply, or what an error has to look like. */
  expected: Expected | undefined;
}

function equal(actual: unknown, wanted: unknown): void {
  if (!Object.is(actual, wanted)) expect(actual).toEqual(wanted);
}

function like(actual: unknown, wanted: object): void {
  expect(actual).toMatchObject(wanted);
}

/** Plays the peer and the callers, and predicts what becomes of everybody. What was sent it reads off the wire. */
class Model {
  readonly setup: Asking;
  readonly #next: () => number;
  readonly #inOrder: boolean;
  readonly #all: Asked[] = [];
  /** Those on the wire whose replies are not complete, in order, given up or not. */
  #owed: Asked[] = [];
  readonly #pushed: string[] = [];
  readonly #pushes: string[] = [];
  #now = 0;
  /** What was asked last, and what was seen on the wire last. */
  #serial = 0;
  #stalled = false;
  #dead = false;
  #wire = -1;
  readonly #counted = { replies: 0, failures: 0, timeouts: 0, aborts: 0, lost: 0, late: 0, pushes: 0 };
  #groups = [new AbortController(), new AbortController()];

  constructor(seed: number, inOrder: boolean) {
    this.#next = random(seed);
    this.#inOrder = inOrder;
    const options = {
      window: WINDOW,
      maxWaiting: MAX_WAITING,
      maxPushes: 2,
      timeout: false as const,
      isPush: (frame: string) => PUSHED.test(frame),
      onPush: (frame: string): unknown => {
        this.#pushes.push(frame);
        return this.#chance(0.5) ? Promise.resolve() : undefined;
      },
    };
    const marks = { highWaterMark: 60, lowWaterMark: 20 };
    const noDeadlines = { stallTimeout: false, frameTimeout: false } as const;
    this.setup = asking(inOrder ? options : { ...options, byId }, { ...marks, ...noDeadlines }, codec);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps && !this.#dead; step++) {
      const what = this.#next();
      if (what < 0.4) this.#ask(1 + this.#below(4));
      else if (what < 0.7) this.#answer(1 + this.#below(12));
      else if (what < 0.78) this.#abort();
      else if (what < 0.93) await this.#pass(1 + this.#below(20));
      else this.#turn();
      await this.#check();
    }
    if (!this.#dead) this.#die();
    await this.#check();
    // A peer that has ended still takes what expects no reply.
    this.setup.embedded.unstall();
    await this.setup.allSettled();
    equal(this.setup.exchange.counters, { requests: this.#all.length, ...this.#counted });
    equal(this.#pushes, this.#pushed);
  }

  #chance(of: number): boolean {
    return this.#next() < of;
  }

  #below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  // ---------------------------------------------------------------- what happens

  #ask(count: number): void {
    for (let i = 0; i < count; i++) {
      const serial = this.#serial++;
      if (this.#chance(0.1)) {
        void this.setup.exchange.send(`quiet ${serial}`);
        continue;
      }
      // Ids are used again, once nobody can take the reply for that of another.
      const taken = new Set(
        this.#all.filter((asked) => this.#isOpen(asked) || this.#isOwed(asked)).map(({ id }) => id),
      );
      const free = Array.from({ length: 30 }, (_, n) => `id${n}`).filter((id) => !taken.has(id));
      const id = free[this.#below(free.length)]!;
      const unsayable = this.#chance(0.08);
      const frames = Array.from({ length: 1 + this.#below(3) }, (_, n) => `${id}:${serial}.${n}`);
      frames.push(`${id}:${serial}${this.#chance(0.15) ? '!' : '.'}`);
      const group = this.#groups[this.#below(2)]!;
      const timeout = this.#chance(0.6) ? 1 + this.#below(40) : false;
      const message = `${id}:${serial}${unsayable ? ' unsayable' : ''}`;
      const got: string[] = [];
      const collect = (frame: string): string[] | undefined => {
        got.push(frame);
        if (frame.endsWith('!')) throw Object.assign(new Error('refused'), { code: 'REFUSED' });
        return frame.endsWith('.') ? got : undefined;
      };
      const waiting = this.setup.exchange.waiting;
      const outcome = this.setup.ask(message, collect, { timeout, signal: group.signal });
      const due = timeout === false ? Infinity : this.#now + timeout;
      const asked = { id, message, unsayable, frames, group, due, outcome, told: 0, sent: false, expected: undefined };
      this.#all.push(asked);
      if (waiting === MAX_WAITING) this.#expect(asked, 'failures', { code: 'WIRE_QUEUE_FULL' });
    }
  }

  /** The peer answers, and says things of its own, in chunks of any size. */
  #answer(count: number): void {
    this.#look();
    let text = '';
    for (let i = 0; i < count; i++) {
      if (this.#chance(0.2)) {
        const push = `!${this.#pushed.length}`;
        this.#pushed.push(push);
        this.#counted.pushes++;
        text += `${push}\n`;
      }
      const asked = this.#owed[this.#inOrder ? 0 : this.#below(this.#owed.length)];
      if (asked === undefined) break;
      text += `${asked.frames[asked.told]!}\n`;
      if (++asked.told === asked.frames.length) this.#answered(asked);
    }
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + this.#below(40);
      this.setup.embedded.feed(bytes.subarray(at, end));
      at = end;
    }
  }

  #answered(asked: Asked): void {
    this.#owed = this.#owed.filter((other) => other !== asked);
    if (asked.expected !== undefined) this.#counted.late++;
    else if (asked.frames.at(-1)!.endsWith('!')) this.#expect(asked, 'failures', { code: 'REFUSED' });
    else this.#expect(asked, 'replies', asked.frames);
  }

  #abort(): void {
    this.#look();
    const index = this.#below(2);
    const group = this.#groups[index]!;
    this.#groups[index] = new AbortController();
    const given = this.#all.filter((asked) => asked.group === group && this.#isOpen(asked));
    for (const asked of given) this.#giveUp(asked, 'aborts', { name: 'AbortError' });
    group.abort();
  }

  /** Time passes. */
  async #pass(ms: number): Promise<void> {
    for (let i = 0; i < ms && !this.#dead; i++) {
      this.#look();
      this.#now++;
      const due = this.#all.filter((asked) => asked.due <= this.#now && this.#isOpen(asked));
      // Those that wait are given up first: nobody has room by then.
      for (const asked of [...due.filter(({ sent }) => !sent), ...this.#owed.filter((owed) => due.includes(owed))]) {
        this.#giveUp(asked, 'timeouts', { code: 'WIRE_REQUEST_TIMEOUT', sent: asked.sent });
      }
      this.setup.embedded.advance(1);
      await this.setup.embedded.settled();
    }
  }

  #giveUp(asked: Asked, as: Kind, error: Expected): void {
    if (!this.#isOpen(asked)) return;
    this.#expect(asked, as, error);
    if (this.#owed.filter(({ expected }) => expected !== undefined).length > WINDOW) this.#lost();
  }

  /** The peer stops to read, or reads again. */
  #turn(): void {
    this.#stalled = !this.#stalled;
    if (this.#stalled) this.setup.embedded.stall();
    else this.setup.embedded.unstall();
  }

  #die(): void {
    const { embedded } = this.setup;
    const deaths = [
      () => embedded.end(),
      () => embedded.reset(),
      () => embedded.feed('x'.repeat(300)),
      () => embedded.feed('half a reply').end(),
      () => void embedded.connection.close(),
      () => embedded.connection.destroy(),
      () => embedded.connection.fail(new ProtocolError('no')),
    ];
    this.#look();
    this.#lost();
    deaths[this.#below(deaths.length)]!();
  }

  // ---------------------------------------------------------------- what has to come of it

  #isOpen({ expected }: Asked): boolean {
    return expected === undefined;
  }

  #isOwed(asked: Asked): boolean {
    return this.#owed.includes(asked);
  }

  #expect(asked: Asked, as: Kind, what: Expected): void {
    asked.expected = what;
    this.#counted[as]++;
  }

  /** The connection is gone: whoever is still there has lost it. */
  #lost(): void {
    this.#dead = true;
    for (const asked of this.#all.filter((each) => this.#isOpen(each))) {
      this.#expect(asked, 'lost', { code: 'WIRE_CONNECTION_LOST', sent: asked.sent });
    }
  }

  /** Looks what has been sent: in the order in which it was asked for, and never what was given up before. */
  #look(): void {
    for (const text of this.setup.sent()) {
      const serial = Number(/\d+$/.exec(text)![0]);
      equal(serial > this.#wire, true);
      this.#wire = serial;
      const asked = this.#all.find(({ message }) => message === text);
      if (asked === undefined) continue;
      equal(this.#dead || this.#isOpen(asked), true);
      asked.sent = true;
      this.#owed.push(asked);
    }
    for (const asked of this.#all) {
      // What cannot be encoded fails when its turn comes.
      if (!asked.unsayable || !this.#isOpen(asked)) continue;
      const { code } = (asked.outcome.error ?? {}) as { code?: string };
      if (code === 'WIRE_ENCODE_FAILED') this.#expect(asked, 'failures', { code });
    }
  }

  async #check(): Promise<void> {
    const { embedded, exchange } = this.setup;
    await embedded.settled();
    const mayGo = (): boolean => !this.#stalled && exchange.waiting > 0 && exchange.inFlight < WINDOW;
    // Filling the socket takes a turn of the event loop each time.
    for (let i = 0; i < 20 && mayGo(); i++) await embedded.settled();
    if (!this.#dead) equal(mayGo(), false);
    equal(exchange.inFlight <= WINDOW, true);
    equal(exchange.waiting <= MAX_WAITING, true);
    this.#look();
    for (const { outcome, expected } of this.#all) {
      equal(outcome.settled, expected === undefined ? 0 : 1);
      if (Array.isArray(expected)) equal(outcome.value, expected);
      else if (expected !== undefined) like(outcome.error, expected);
    }
  }
}

test.each([
  ['first in, first out', true],
  ['by id', false],
])('whatever happens in whatever order, everybody gets what is theirs: %s', async (_name, inOrder) => {
  for (let seed = 1; seed <= 40; seed++) {
    try {
      await new Model(seed, inOrder).run(40);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
