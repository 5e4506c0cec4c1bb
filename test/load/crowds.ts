import { line } from '@wirewright/codec-line';
import { Server, type ServerCounters } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';

import type { ComeAndGone, Crowd, Fates } from './crowd.ts';
import { GoodClient } from './good-client.ts';
import { held, heldAgain, type Memory } from './memory.ts';

const local = { port: 0, host: '127.0.0.1' };
const IDLE = 60_000;

function echo(options: { clock?: FakeClock; idleTimeout?: number } = {}, seen?: () => void): Promise<Server<string>> {
  const server = new Server<string>({ codec: line({ unterminated: 'error' }), ...options });
  server.onRead((connection, text) => {
    seen?.();
    connection.send(text);
  });
  return server.listen(local);
}

/** Has the crowd come to another server first: what is made once is not what each connection costs. */
async function warmUp(come: (port: number) => Promise<unknown>): Promise<void> {
  const server = await echo();
  await come(server.port!);
  await server.close();
}

/** What the process held before the crowd came, while it was there, and after it had gone. */
interface Tide {
  readonly start: Memory;
  readonly end: Memory;
}

interface Idled extends Tide {
  readonly full: Memory;
  readonly served: number;
  readonly open: number;
  readonly counters: ServerCounters;
  readonly fates: Fates;
  readonly stayed: number;
  /** Answers that the good client got while they came. */
  readonly meanwhile: number;
  readonly opening: number;
  readonly good: string;
}

/** Idle connections: half of them leave by themselves, the others when the time of the server's clock is over. */
export async function idle(crowd: Crowd, count: number): Promise<Idled> {
  const clock = new FakeClock();
  await warmUp(async (port) => crowd.leave(await crowd.settle(port, Math.ceil(count / 20))));
  const server = await echo({ clock, idleTimeout: IDLE });
  const good = await GoodClient.to(server.port!);
  try {
    const start = await held();
    good.start();
    const since = performance.now();
    const served = await crowd.settle(server.port!, count);
    const opening = performance.now() - since;
    const meanwhile = good.answers;
    await good.stop();
    const open = server.connections.size - 1;
    const full = await held();
    good.start();
    await crowd.leave(Math.floor(count / 2));
    await good.stop();
    const stayed = server.connections.size - 1;
    let fates: Fates | undefined;
    const left = crowd.left().then((counts) => (fates = counts));
    // One that talks does not grow idle.
    for (let i = 0; i < 12; i++) {
      clock.advance(IDLE / 10);
      await good.ask();
    }
    good.start();
    await left;
    await good.stop();
    const end = await heldAgain(start);
    await good.leave();
    return {
      start,
      full,
      end,
      served,
      open,
      stayed,
      opening,
      meanwhile,
      fates: fates!,
      good: String(good),
      counters: server.counters,
    };
  } finally {
    good.destroy();
    server.destroy();
    await server.close();
  }
}

interface Churned extends Tide {
  readonly tally: ComeAndGone;
  /** What the good client has sent. */
  readonly goodAnswers: number;
  readonly goodBytes: number;
  readonly meanwhile: number;
  readonly read: number;
  readonly counters: ServerCounters;
  readonly open: number;
  readonly took: number;
  readonly good: string;
}

/** Peers that come and go in all ways. */
export async function churn(crowd: Crowd, count: number, atATime: number): Promise<Churned> {
  let read = 0;
  await warmUp((port) => crowd.comeAndGo(port, Math.ceil(count / 20), atATime));
  const server = await echo({}, () => read++);
  const good = await GoodClient.to(server.port!);
  try {
    const start = await held();
    good.start();
    const since = performance.now();
    const tally = await crowd.comeAndGo(server.port!, count, atATime);
    const took = performance.now() - since;
    const meanwhile = good.answers;
    await good.stop();
    const end = await heldAgain(start);
    await good.leave();
    const open = await gone(server);
    const { counters } = server;
    return {
      start,
      end,
      tally,
      goodAnswers: good.answers,
      goodBytes: good.bytes,
      meanwhile,
      read,
      counters,
      open,
      took,
      good: String(good),
    };
  } finally {
    good.destroy();
    server.destroy();
    await server.close();
  }
}

/** How many connections are left: none, if it does not take for ever. */
async function gone(server: Server<string>): Promise<number> {
  for (let i = 0; i < 200 && server.connections.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  return server.connections.size;
}
