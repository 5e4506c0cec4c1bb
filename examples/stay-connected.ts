/*
 * A client that stays connected: it connects again when the connection is lost, logs in each time, and finds out by itself when the
 * server is there but says nothing.
 *
 *   request          reply
 *   login <name>     OK
 *   ping             OK
 *   time             the time
 *
 *   node examples/dist/stay-connected.js
 */
import { EventEmitter, once } from 'node:events';

import { type Line, line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, Exchange, Server } from '@wirewright/core';

import { run } from './run.ts';

/** A reply of one line. */
const whole = (text: string): string => text;

async function timeServer(port: number): Promise<Server<string>> {
  const server = new Server<string>({ codec: line() }).onRead((connection, request) =>
    connection.send(request === 'time' ? new Date().toISOString() : 'OK'),
  );
  return server.listen({ port, host: '127.0.0.1' });
}

await run(async () => {
  let server = await timeServer(0);
  const port = server.port!;

  const events = new EventEmitter();
  let exchange: Exchange<string, Line> | undefined;
  let retries = 0;
  const client = new Client<string, Line>({
    codec: line(),
    reconnect: { minDelay: 10, maxDelay: 100 },
    heartbeat: { interval: 200, misses: 2, ping: () => exchange?.request('ping', whole) },
  })
    .onConnect(async (connection) => {
      // An exchange belongs to one connection: each has its own.
      exchange = new Exchange(connection);
      console.log(`login: ${await exchange.request('login ada', whole)}`);
      events.emit('ready');
    })
    .onRetry(() => retries++)
    .onGiveUp((error) => console.log(`given up: ${(error as Error).message}`))
    .onClose((_connection, reason) => console.log(`closed: ${reason}`));
  const connection = await client.connect({ port, host: '127.0.0.1' });

  // The server goes away. Nothing is queued meanwhile: whoever asks is told at once.
  let ready = once(events, 'ready');
  server.destroy();
  await connection.closed;
  await exchange!.request('time', whole).catch(({ code, sent }: ConnectionLostError) => {
    console.log(`while it is away: ${code}, sent: ${sent}, current: ${client.current?.name ?? 'none'}`);
  });
  await server.closed;
  server = await timeServer(port);
  await ready;
  console.log(`it is back: ${await exchange!.request('time', whole)}`);

  // The server hangs: the connection is there, but nobody answers on it.
  ready = once(events, 'ready');
  for (const hanging of server.connections) hanging.pause();
  await ready;
  console.log(`it answers again: ${await exchange!.request('time', whole)}`);

  console.log(`connected again after ${retries} attempts`);
  await client.close();
  server.destroy();
});
