import { setTimeout as sleep } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import { type CloseReason, Server } from '@wirewright/core';

import type { Crowd, Fates } from './crowd.ts';
import { GoodClient } from './good-client.ts';
import { held, type Memory, now } from './memory.ts';

const local = { port: 0, host: '127.0.0.1' };

/** What became of hostile peers, and of the good one among them. */
interface Outcome {
  readonly fates: Fates;
  readonly closed: Readonly<Partial<Record<CloseReason, number>>>;
  /** Answers that the good client got while the hostile ones were there, and afterwards. */
  readonly meanwhile: number;
  readonly afterwards: number;
  readonly good: string;
}

/** Lets the good client ask while `attack` goes on, and some more afterwards. */
async function besides<Data>(server: Server<string, string, Data>, attack: () => Promise<Fates>): Promise<Outcome> {
  const good = (await GoodClient.to(server.port!)).start();
  try {
    const fates = await attack();
    const meanwhile = good.answers;
    await good.stop();
    await good.ask();
    const { closed } = server.counters;
    const afterwards = good.answers - meanwhile;
    await good.leave();
    return { fates, closed, meanwhile, afterwards, good: String(good) };
  } finally {
    good.destroy();
    server.destroy();
    await server.close();
  }
}

/**
 * Slow peers send a byte of a frame `every` so many ms, to a server that gives a frame `frameTimeout` ms.
 *
 * @returns how many ms the first and the last of them was there, and how many bytes all of them had sent by then
 */
export async function slowLoris(
  crowd: Crowd,
  count: number,
  every: number,
  frameTimeout: number,
): Promise<Outcome & { readonly soonest: number; readonly latest: number; readonly bytes: number }> {
  let soonest = Infinity;
  let latest = 0;
  let bytes = 0;
  const server = new Server<string, string, { opened: number }>({
    codec: line(),
    frameTimeout,
    closeTimeout: Math.ceil(frameTimeout / 4),
    data: () => ({ opened: performance.now() }),
  })
    .onRead((connection, text) => connection.send(text))
    .onError(({ data, counters }) => {
      bytes += counters.bytesIn;
      const age = performance.now() - data.opened;
      soonest = Math.min(soonest, age);
      latest = Math.max(latest, age);
    });
  await server.listen(local);
  const outcome = await besides(server, () => crowd.drip(server.port!, count, every));
  return { ...outcome, soonest, latest, bytes };
}

/** How often what a peer sends is repeated in the answer, when it is that long. */
const REPEATED = 64;
const REQUEST = 64;
export const ANSWER: number = REPEATED * REQUEST + 1;

/** Peers ask without an end for answers that are many times as long, and never read one. */
export async function stalledReaders(
  crowd: Crowd,
  count: number,
  stallTimeout: number,
): Promise<
  Outcome & { readonly buffered: number; readonly before: Memory; readonly during: Memory; readonly rss: number }
> {
  let buffered = 0;
  const server = new Server<string>({ codec: line(), stallTimeout }).onRead((connection, text) => {
    connection.send(text.length < REQUEST ? text : text.repeat(REPEATED));
    buffered = Math.max(buffered, connection.bufferedBytes);
  });
  await server.listen(local);
  const before = await held();
  let during = before;
  let { rss } = before;
  const outcome = await besides(server, async () => {
    const attack = crowd.pour(server.port!, count, REQUEST);
    const over = attack.then(() => true);
    while (!(await Promise.race([over, sleep(stallTimeout / 8)]))) {
      rss = Math.max(rss, now().rss);
      const memory = await held();
      if (memory.heapUsed + memory.external > during.heapUsed + during.external) during = memory;
    }
    return await attack;
  });
  return { ...outcome, buffered, before, during, rss };
}
