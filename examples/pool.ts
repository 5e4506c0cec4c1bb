/*
 * A pool: many requests at once over few connections, and what becomes of them when the server is restarted.
 *
 *   node examples/dist/pool.js
 */
import { setTimeout } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import { Client, ConnectError, ConnectionLostError, type Pool, Server, type WireError } from '@wirewright/core';

import { run } from './run.ts';

const CONNECTIONS = 4;
const WINDOW = 64;
const count = new Intl.NumberFormat('en');

/** A server that doubles numbers, on `port` or, for 0, a free one. */
async function doubler(port: number): Promise<Server<string>> {
  const server = new Server<string>({ codec: line() }).onRead((connection, text) =>
    connection.send(String(2 * Number(text))),
  );
  return server.listen({ port, host: '127.0.0.1' });
}

/**
 * Asks the pool to double `number`, and asks again while that is harmless and may help. Doubling is: whoever does it twice has done no
 * harm. For a request that must not be carried out twice, `error.sent` has to be false.
 */
async function double(pool: Pool<string>, number: number, attempts = 8): Promise<number> {
  try {
    return await pool.request(String(number), Number);
  } catch (error) {
    const away = error instanceof ConnectionLostError || error instanceof ConnectError;
    if (!away || attempts === 1) throw error;
    await setTimeout(100 * Math.random());
    return double(pool, number, attempts - 1);
  }
}

function show(what: string, pool: Pool<string>): void {
  const { open, dialed, closed } = pool.counters;
  console.log(`${what}: ${open} open, ${dialed} made, ${closed} closed`);
}

await run(async () => {
  let server = await doubler(0);
  const port = server.port!;

  await using client = new Client<string>({ codec: line() });
  const pool = client.pool({ port, host: '127.0.0.1' }, { maxConnections: CONNECTIONS, window: WINDOW, latency: true });
  show('before the first request', pool);

  // One after the other, one connection is enough.
  for (let i = 0; i < 10; i++) await double(pool, i);
  show('one at a time', pool);

  // All at once, the window is what makes it open others.
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  const doubled = await Promise.all(numbers.map((number) => double(pool, number)));
  const right = doubled.filter((result, i) => result === 2 * i).length;
  console.log(`${count.format(right)} of ${count.format(numbers.length)} answers are right`);
  show('all at once', pool);

  const latency = pool.latency!;
  const ms = (percentile: number): string => (latency.percentile(percentile) / 1e6).toFixed(2);
  console.log(`latency: median ${ms(50)} ms, p99 ${ms(99)} ms, of ${count.format(latency.count)} replies`);

  // The server breaks off with requests on all connections. Nothing is sent twice behind anybody's back: each is told.
  const unlucky = Array.from({ length: CONNECTIONS * WINDOW }, (_, i) => pool.request(String(i), Number));
  server.destroy();
  const lost = (await Promise.allSettled(unlucky))
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as ConnectionLostError);
  console.log(`${lost.length} requests lost, of which ${lost.filter(({ sent }) => sent).length} may have been done`);
  await server.closed;
  show('the server is away', pool);

  // Without a connection there is nothing to wait for.
  await pool.request('21', Number).catch((error: WireError) => console.log(`asked meanwhile: ${error.code}`));

  server = await doubler(port);
  console.log(`the server is back: 2 * 21 = ${await double(pool, 21)}`);
  show('at the end', pool);

  await client.close();
  await server.close();
});
