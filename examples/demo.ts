/*
 * What `npm start` runs: an echo server and a client of it over a real socket, what passes between them and how long it takes. Then
 * it keeps serving.
 *
 *   npm start -- [--port 0] [--host name] [--once]
 *
 *   --port   where to listen; 0, the default, takes a free port
 *   --host   the address to listen on; all of this machine unless it is given
 *   --once   ends by itself instead of serving on
 */
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Client, type ConnectPlace, Server } from '@wirewright/core';

import { measurePipelined } from './pipelined.ts';
import { measureRoundTrips } from './round-trips.ts';
import { run } from './run.ts';

const BATCH = 1000;
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Says a few lines and prints what passes. */
async function converse(place: ConnectPlace): Promise<void> {
  const lines = ['hello', 'a codec turns bytes into messages', 'and messages into bytes'];
  let answers = 0;
  await using client = new Client({ codec: line() })
    .onConnect((connection) => {
      for (const text of lines) {
        console.log(`  client -> ${text}`);
        connection.send(text);
      }
    })
    .onRead((connection, text) => {
      console.log(`  client <- ${text}`);
      return ++answers === lines.length ? connection.close() : undefined;
    });
  const connection = await client.connect(place);
  await connection.closed;
}

async function measure(place: ConnectPlace): Promise<void> {
  console.log('measuring, about a second ...');
  const trips = await measureRoundTrips(place, 10_000, 1000);
  const times = `median ${trips.median.toFixed(1)} µs, p99 ${trips.p99.toFixed(1)} µs`;
  console.log(`  ${count.format(trips.count)} round trips, one after the other: ${times}`);
  const rate = await measurePipelined(place, BATCH, 400);
  console.log(`  pipelined, ${count.format(BATCH)} lines at a time: ${count.format(rate)} lines/s`);
  console.log('  (server and client share this process; npm run bench -- echo measures properly)');
}

await run(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string' },
      once: { type: 'boolean', default: false },
    },
  });

  const server = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
  await server.listen({ port: Number(values.port), host: values.host });
  const place = { port: server.port, host: values.host };
  try {
    console.log(`a line echo server listens on ${values.host ?? 'every address'}, port ${place.port}`);
    await converse(place);
    await measure(place);
  } catch (error) {
    server.destroy();
    throw error;
  }

  if (values.once) {
    await server.close();
    return;
  }
  server.closeOnSignals();
  console.log(`still serving: try  nc ${values.host ?? 'localhost'} ${place.port}  and type; Ctrl-C here stops it`);
});
