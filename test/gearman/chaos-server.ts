import { setTimeout as sleep } from 'node:timers/promises';

import { FaultProxy } from '../faults/fault-proxy.ts';
import type { Faults } from '../faults/faults.ts';
import type { Link } from '../faults/link.ts';
import type { Start } from '../interop/gearman/server-under-test.ts';
import { random } from '../support/random.ts';

type Running = Awaited<ReturnType<Start>>;

/** How long a network takes to notice a connection that carries nothing any more, in ms. */
const UNNOTICED = 600;

/** What goes wrong on one connection. */
function misfortune(chance: () => number): Faults {
  const bytes = Math.floor(chance() * 6000);
  const ends: Faults[] = [
    {},
    {},
    {},
    { up: { resetAfter: bytes } },
    { down: { resetAfter: bytes } },
    { up: { endAfter: bytes } },
    { down: { endAfter: bytes } },
    { up: { blackHole: bytes } },
    { down: { blackHole: bytes } },
  ];
  const ways: Faults[] = [{}, {}, { delay: [0, 3] }, { split: 50 }, { split: 7, delay: 1 }, { coalesce: 2 }];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;
  const { up, down } = pick(ends);
  const way = pick(ways);
  return { up: { ...way, ...up }, down: { ...way, ...down } };
}

/** A port that was free a moment ago may be somebody's by now. */
async function startAnyhow(start: Start, attempts = 5): Promise<Running> {
  try {
    return await start();
  } catch (error) {
    if (attempts === 1) throw error;
    return startAnyhow(start, attempts - 1);
  }
}

/** A server that dies and comes back, behind a network that goes wrong. Who connects to it sees always the same port. */
export class ChaosServer {
  readonly proxy: FaultProxy;
  readonly #start: Start;
  readonly #watch: NodeJS.Timeout;
  readonly #silent = new WeakMap<Link, number>();
  #running: Running;
  #calm = false;
  /** Connections that carried nothing any more. */
  blackHoles = 0;

  static async start(start: Start, seed: number): Promise<ChaosServer> {
    const running = await startAnyhow(start);
    const chance = random(seed);
    const proxy = await FaultProxy.start({
      // As it is when somebody connects.
      get port() {
        return server.#running.port;
      },
      seed,
      choose: () => (server.#calm ? {} : misfortune(chance)),
    });
    const server: ChaosServer = new ChaosServer(start, running, proxy);
    return server;
  }

  private constructor(start: Start, running: Running, proxy: FaultProxy) {
    this.#start = start;
    this.#running = running;
    this.proxy = proxy;
    this.#watch = setInterval(() => this.#breakOffSilent(), 50);
  }

  get place(): string {
    return `127.0.0.1:${this.proxy.port}`;
  }

  /** The server dies with all that it has, and another one takes its place after so many ms. */
  async restart(pause: number): Promise<void> {
    await this.#running.close();
    await sleep(pause);
    this.#running = await startAnyhow(this.#start);
  }

  /** From here on nothing goes wrong. */
  calm(): void {
    this.#calm = true;
    this.proxy.resetAll();
  }

  async strike(): Promise<void> {
    clearInterval(this.#watch);
    await this.proxy.close();
    await this.#running.close();
  }

  /** A server that sends nothing itself never notices that a worker is behind a black hole: its network does. Clients and workers have to. */
  #breakOffSilent(): void {
    const now = performance.now();
    for (const link of this.proxy.connections) {
      if (!link.up.silent && !link.down.silent) continue;
      const since = this.#silent.get(link);
      if (since === undefined) {
        this.#silent.set(link, now);
        this.blackHoles++;
      } else if (now - since > UNNOTICED) {
        this.#silent.set(link, Infinity);
        link.resetUpstream();
      }
    }
  }
}
