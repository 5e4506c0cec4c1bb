import { line } from '@wirewright/codec-line';
import { Client, Exchange, Server } from '@wirewright/core';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';

const ROUND_TRIPS = 2000;

/** Says every line again. */
export function lineEcho(): Stand {
  return {
    name: 'line echo',
    server: new Server({ codec: line() }).onRead((connection, text) => connection.send(text)),
    usualPort: 9991,

    async converse(port, transcript) {
      await using client = new Client({ codec: line() });
      const connection = await client.connect({ port, host: LOOPBACK });
      const exchange = new Exchange(connection, { latency: true });
      const echo = (text: string): Promise<string> => exchange.request(text, (reply) => reply);
      await transcript.ask(`exchange.request('hello')`, () => echo('hello'));
      await transcript.ask(`exchange.request('naïve, 你好')`, () => echo('naïve, 你好'));
      transcript.stop();

      exchange.latency!.reset();
      for (let i = 0; i < ROUND_TRIPS; i++) await echo('hello');
      const median = exchange.latency!.percentile(50) / 1000;
      console.log(`  ${ROUND_TRIPS} of these, one after the other: median ${median.toFixed(0)} µs`);
    },

    shellLines: (port) => [
      `nc ${LOOPBACK} ${port}`,
      `node examples/dist/echo-client.js --host ${LOOPBACK} --port ${port}`,
    ],
  };
}
