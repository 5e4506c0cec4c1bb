/*
 * What can be seen of connections at work: a wire log, channels, counters, and how long replies take.
 *
 *   node examples/dist/observing.js
 */
import { line } from '@wirewright/codec-line';
import { channels, Client, Exchange, type RequestSeen, Server, wireLog } from '@wirewright/core';
import { mapCodec } from '@wirewright/core/codec';

import { run } from './run.ts';

/** Lines, of which those with a password are described without it. */
const accounts = mapCodec(line(), {
  decode: (text) => text,
  encode: (text: string) => text,
  describe: (text) => (text.startsWith('login ') ? { text: 'login', secret: true } : text),
});

const users = new Map([['hunter2', 'ada']]);

function answer(request: string): string {
  const [command, password = ''] = request.split(' ');
  if (command !== 'login') return `there is no ${command}`;
  return users.has(password) ? `welcome, ${users.get(password)}` : 'no';
}

const milliseconds = (ms: number): string => `${ms.toFixed(3)} ms`;

/** What a program of its own would send to where it keeps its traces. */
const traces: string[] = [];
function traceRequest(event: unknown): void {
  const { message, duration, error } = event as RequestSeen;
  const [command] = (message as string).split(' ');
  traces.push(`${command}: ${error === undefined ? 'answered' : 'failed'} after ${milliseconds(duration!)}`);
}

await run(async () => {
  await using server = new Server({ codec: accounts }).onRead((connection, text) => connection.send(answer(text)));
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });

  const log = wireLog({
    only: (connection) => connection.localPort === port,
    write: (text) => process.stdout.write(text),
  });
  channels.requestEnd.subscribe(traceRequest);

  await using client = new Client({ codec: accounts });
  const connection = await client.connect({ port, host: '127.0.0.1' });
  const exchange = new Exchange(connection, { latency: true });
  for (const request of ['login hunter2', 'time']) await exchange.request(request, (reply) => reply);

  await client.close();
  await server.close();
  channels.requestEnd.unsubscribe(traceRequest);
  log.stop();

  console.log('server', server.counters);
  console.log('exchange', exchange.counters);

  const latency = exchange.latency!;
  console.log(`p50 ${milliseconds(latency.percentile(50) / 1e6)}, max ${milliseconds(latency.max / 1e6)}`);
  for (const trace of traces) console.log(trace);
});
