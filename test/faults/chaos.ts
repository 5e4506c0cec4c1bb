import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import {
  AddressInUseError,
  Client,
  type Clock,
  ConnectError,
  Exchange,
  type ExchangeCounters,
  Pool,
  type RequestOptions,
  Server,
  systemClock,
  WireError,
} from '@wirewright/core';
import { expect, onTestFinished } from 'vitest';

import { freePort } from '../support/programs.ts';
import { random } from '../support/random.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { Faults } from './faults.ts';

/** What has become of all requests. */
export interface ChaosReport {
  readonly requests: number;
  readonly fulfilled: number;
  /** By the code of the error. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Connections that were made after the first. */
  readonly reconnects: number;
  readonly restarts: number;
}

type Ask = (message: string, options: RequestOptions) => Promise<string>;
type Chance = () => number;

// A line that was cut off is none: half a reply must not pass for one.
const codec = line({ unterminated: 'error' });
const host = '127.0.0.1';
/** How long a request waits for its reply, in ms: into black holes as well. */
const patience = 250;

/** A clock that knows how many timers of it wait. */
function countingClock(): Clock & { readonly pending: number } {
  const timers = new Set<object>();
  return {
    get pending() {
      return timers.size;
    },
    now: () => systemClock.now(),
    after(delay, callback, ref) {
      const timer = {};
      timers.add(timer);
      const call = (): void => {
        timers.delete(timer);
        callback();
      };
      const cancel = systemClock.after(delay, call, ref);
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
}

/** What goes wrong on one connection. */
function misfortune(chance: Chance): Faults {
  const bytes = Math.floor(chance() * 20_000);
  const ends: Faults[] = [
    { up: { resetAfter: bytes } },
    { down: { resetAfter: bytes } },
    { up: { endAfter: bytes } },
    { down: { endAfter: bytes } },
    { resetAfter: [10_000, 50_000] },
    { resetAfter: 50_000 },
    { up: { resetAfter: bytes, halfOpen: true } },
    { down: { endAfter: bytes, halfOpen: true } },
  ];
  const ways: Faults[] = [{}, { delay: [0, 3] }, { split: 200 }, { split: 20, delay: 1 }, { coalesce: 2 }];
  if (chance() < 0.02) return { up: { blackHole: bytes } };
  if (chance() < 0.02) return { down: { blackHole: bytes } };
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;
  const { up, down, ...both } = pick(ends);
  const way = pick(ways);
  return { ...both, ...way, up: { ...both, ...way, ...up }, down: { ...both, ...way, ...down } };
}

/** An echo server behind a network that goes wrong, and the server as well now and then. */
class Scene {
  readonly clock = countingClock();
  readonly proxy: FaultProxy;
  readonly chance: Chance;
  restarts = 0;
  #calm = false;
  #server: Server<string, string>;

  static async start(seed: number): Promise<Scene> {
    const server = echo();
    await server.listen({ port: await freePort(), host });
    const chance = random(seed);
    const luck = random(seed + 1);
    const scene: Scene = new Scene(
      server,
      await FaultProxy.start({ port: server.port!, seed, choose: () => (scene.#calm ? {} : misfortune(luck)) }),
      chance,
    );
    // However the test goes.
    onTestFinished(() => scene.strike());
    return scene;
  }

  private constructor(server: Server<string, string>, proxy: FaultProxy, chance: Chance) {
    this.#server = server;
    this.proxy = proxy;
    this.chance = chance;
  }

  get place(): { port: number; host: string } {
    return { port: this.proxy.port, host };
  }

  /** The server is gone for a moment. */
  async restart(): Promise<void> {
    const port = this.#server.port!;
    this.restarts++;
    this.#server.destroy();
    await this.#server.close();
    await sleep(5);
    this.#server = echo();
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#server.listen({ port, host });
        return;
      } catch (error) {
        // Somebody may have taken the port meanwhile.
        if (!(error instanceof AddressInUseError) || attempt === 500) throw error;
        this.#server = echo();
        await sleep(10);
      }
    }
  }

  /** From here on nothing goes wrong. */
  calm(): void {
    this.#calm = true;
    this.proxy.resetAll();
  }

  async strike(): Promise<void> {
    await this.proxy.close();
    this.#server.destroy();
    await this.#server.close();
  }
}

function echo(): Server<string, string> {
  return new Server<string, string>({ codec }).onRead((connection, text) => connection.send(`re ${text}`));
}

/**
 * Asks so many requests, `atOnce` at a time, each with a payload of its own, and checks that each is settled once: with its own reply,
 * or with an error of ours.
 */
async function interrogate(scene: Scene, requests: number, atOnce: number, ask: Ask): Promise<ChaosReport> {
  const { chance } = scene;
  const settlements = new Uint8Array(requests);
  const rejected: Record<string, number> = {};
  const wrong: unknown[] = [];
  const shared = new AbortController();
  let [next, fulfilled, settled] = [0, 0, 0];
  let restarting: Promise<void> | undefined;
  const every = Math.ceil(requests / 6);

  const worker = async (): Promise<void> => {
    while (next < requests) {
      const index = next++;
      const payload = `${index}:${'x'.repeat(Math.floor(chance() * 200))}:${index}`;
      const own = chance() < 0.01 ? new AbortController() : undefined;
      const asked = ask(payload, { signal: (own ?? shared).signal });
      if (own !== undefined) setImmediate(() => own.abort(new WireError('TEST_ABORTED', 'changed its mind')));
      const answered = (reply: string): void => {
        settlements[index]!++;
        fulfilled++;
        if (reply !== `re ${payload}`) wrong.push({ payload, reply });
      };
      const failed = async (error: unknown): Promise<void> => {
        settlements[index]!++;
        if (!(error instanceof WireError)) wrong.push(error);
        const code = error instanceof WireError ? error.code : String(error);
        rejected[code] = (rejected[code] ?? 0) + 1;
        // Whoever is told that there is no connection does better to ask again a little later.
        if (error instanceof ConnectError) await sleep(20 + 60 * chance());
      };
      await asked.then(answered, failed);
      if (++settled % every === 0) {
        restarting ??= scene.restart().finally(() => {
          restarting = undefined;
        });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await restarting;
  expect(wrong).toEqual([]);
  expect(settlements.every((times) => times === 1)).toBe(true);
  expect(fulfilled + Object.values(rejected).reduce((sum, count) => sum + count, 0)).toBe(requests);
  expect(getEventListeners(shared.signal, 'abort').length).toBe(0);
  // However it went, all is well again when the network is.
  scene.calm();
  for (let attempt = 1; ; attempt++) {
    const reply = await ask('at last', {}).catch((error: unknown) => error);
    if (reply === 're at last') break;
    expect(attempt, String(reply)).toBeLessThan(200);
    await sleep(10);
  }
  return { requests, fulfilled, rejected, reconnects: 0, restarts: scene.restarts };
}

/** Requests through a pool, whose dialer fails or hangs at times as well. */
export async function throughPool(requests: number, seed: number): Promise<ChaosReport> {
  const scene = await Scene.start(seed);
  const { chance, clock, place } = scene;
  const client = new Client<string, string>({ codec, clock });
  onTestFinished(() => client.destroy());
  let broken = true;
  const pool = new Pool<string, string>({
    dial: ({ signal }) => {
      const luck = broken ? chance() : 1;
      if (luck < 0.2) throw new Error('no dial today');
      if (luck < 0.22) return new Promise(() => {});
      return client.connect({ ...place }, { signal });
    },
    minConnections: 2,
    maxConnections: 6,
    window: 32,
    timeout: patience,
    dialTimeout: patience,
    waitTimeout: 2000,
    clock,
  });
  const ask: Ask = (message, options) => {
    broken = message !== 'at last';
    return pool.request(message, (frame) => frame, options);
  };
  onTestFinished(() => pool.destroy());
  const report = await interrogate(scene, requests, 128, ask);
  const { dialed } = pool.counters;
  await pool.close();
  await client.close();
  await scene.strike();
  expect(pool.counters).toMatchObject({ open: 0, dialing: 0, waiting: 0, inFlight: 0, dialed, closed: dialed });
  expect(clock.pending).toBe(0);
  return { ...report, reconnects: dialed - 1 };
}

/** Requests on whatever connection a client has at the moment, which makes it anew when it is lost. */
export async function throughReconnect(requests: number, seed: number): Promise<ChaosReport> {
  const scene = await Scene.start(seed);
  const { clock, place } = scene;
  const exchanges: Exchange<string, string>[] = [];
  const online: (() => void)[] = [];
  const client = new Client<string, string>({
    codec,
    clock,
    reconnect: { minDelay: 1, maxDelay: 20 },
    closeTimeout: patience,
  }).onConnect((connection) => {
    exchanges.push(new Exchange(connection, { window: 32, timeout: patience }));
    for (const resume of online.splice(0)) resume();
  });
  const connect = async (): Promise<void> => {
    // The first one has to succeed for the others to follow.
    for (let attempt = 1; ; attempt++) {
      const error = await client.connect(place).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) return;
      expect(error).toBeInstanceOf(WireError);
      expect(attempt).toBeLessThan(100);
    }
  };
  await connect();
  const ask: Ask = async (message, options) => {
    while (exchanges.at(-1)?.open !== true) await new Promise<void>((resolve) => online.push(resolve));
    return exchanges.at(-1)!.request(message, (frame) => frame, options);
  };
  onTestFinished(() => client.destroy());
  const report = await interrogate(scene, requests, 48, ask);
  const open = exchanges.filter((exchange) => exchange.open);
  expect(open.length).toBe(1);
  expect(open[0]!.connection).toBe(client.current);
  await client.close();
  await scene.strike();
  for (const { counters, inFlight, waiting, abandoned } of exchanges) {
    expect([inFlight, waiting, abandoned]).toEqual([0, 0, 0]);
    expect(counters.requests).toBe(outcomes(counters));
  }
  expect(clock.pending).toBe(0);
  return { ...report, reconnects: exchanges.length - 1 };
}

const outcomes = ({ replies, failures, timeouts, aborts, lost }: ExchangeCounters): number =>
  replies + failures + timeouts + aborts + lost;

/** Runs `work`, and checks that no socket and no server of it is left. */
export async function leavingNothing<T>(work: () => Promise<T>): Promise<T> {
  const open = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
  const before = open();
  const result = await work();
  for (let wait = 0; wait < 500 && open() > before; wait++) await sleep(10);
  expect(open()).toBeLessThanOrEqual(before);
  return result;
}

/** A report in one line. */
export function inWords(name: string, { requests, fulfilled, rejected, reconnects, restarts }: ChaosReport): string {
  const kinds = Object.entries(rejected).map(([code, count]) => `${count} ${code}`);
  return `${name}: ${requests} requests, ${fulfilled} fulfilled, ${kinds.join(', ')}; ${reconnects} reconnects, ${restarts} restarts`;
}
