/*
 * One port, several processes: an echo service whose workers are replaced under traffic without a request lost.
 *
 *   node examples/dist/cluster-echo.js [--workers 2]
 *
 * A real program would go on serving here; `kill -HUP` with the id of its first process has the same effect as `workers.restart()`.
 */
import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, type Pool, Server } from '@wirewright/core';
import { runWorkers } from '@wirewright/core/cluster';

import { run } from './run.ts';

const count = new Intl.NumberFormat('en');

/** What every worker runs. */
async function start(): Promise<Server<string>> {
  const server = new Server<string>({ codec: line() }).onRead((connection, text) =>
    connection.send(`${process.pid} ${text}`),
  );
  return server.listen({ port: 0, host: '127.0.0.1' });
}

/** How often a request was asked again. */
let again = 0;

/**
 * Asks until it is answered. A worker answers all that it has received before it ends a connection, so what was not answered then was
 * not handled, either, and can be asked again.
 */
async function ask(pool: Pool<string>, text: string): Promise<string> {
  try {
    return await pool.request(text, (frame) => frame);
  } catch (error) {
    const unhandled = error instanceof ConnectionLostError && (!error.sent || error.reason === 'peer');
    if (!unhandled) throw error;
    again++;
    return ask(pool, text);
  }
}

await run(async () => {
  const { values } = parseArgs({ options: { workers: { type: 'string', default: '2' } } });
  const listening = new Promise<number>((resolve) => {
    cluster.once('listening', (_worker, { port }) => resolve(port));
  });

  const workers = await runWorkers({ workers: Number(values.workers), grace: 5000 }, start);
  // From here on, this is the primary: a worker has nothing else to do.
  if (workers === undefined) return;

  const port = await listening;
  const before = workers.pids;
  console.log(`${before.length} workers share port ${port}`);

  // Traffic: eight clients, each with sixteen requests under way on one connection.
  await using client = new Client<string>({ codec: line() });
  const pools = Array.from({ length: 8 }, () =>
    client.pool({ port, host: '127.0.0.1' }, { maxConnections: 1, window: 16 }),
  );
  const stop = new AbortController();
  const served = new Set<string>();
  let asked = 0;
  let answered = 0;
  const talk = async (pool: Pool<string>): Promise<void> => {
    while (!stop.signal.aborted) {
      const text = `request ${++asked}`;
      const [pid, ...words] = (await ask(pool, text)).split(' ');
      if (words.join(' ') === text) answered++;
      served.add(pid!);
    }
  };
  const talks = Promise.all(pools.flatMap((pool) => Array.from({ length: 16 }, () => talk(pool))));

  await sleep(200);
  await workers.restart();
  await sleep(200);
  const kept = workers.pids.filter((pid) => before.includes(pid)).length;
  console.log(`restarted: ${workers.pids.length} workers, of which ${kept} were there before`);

  stop.abort();
  await talks;
  console.log(`${count.format(answered)} of ${count.format(asked)} requests answered, by ${served.size} processes`);
  console.log(`${count.format(again)} of them were asked twice, and handled once`);

  await client.close();
  const { ended, killed } = await workers.close();
  console.log(`closed: ${ended} workers ended, ${killed} were killed`);
});
