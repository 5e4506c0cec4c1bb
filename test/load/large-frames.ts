import { Buffer } from 'node:buffer';

import { Client, Exchange, Server } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';

import { now } from './memory.ts';

const MiB = 1024 * 1024;
const codec = lengthPrefixed({ width: 4, maxFrameLength: 2 * MiB });

const HIGH_WATER_MARK = 64 * 1024;

/** The most that either side may have unsent: it goes on below the mark, with one frame, and what a slab gathers before it is written. */
export function unsentBound(length: number): number {
  return HIGH_WATER_MARK + (4 + length) + 64 * 1024;
}

interface Exchanged {
  /** Requests that got their own bytes back. */
  readonly answered: number;
  /** The most that was unsent. */
  readonly client: number;
  readonly server: number;
  readonly rss: number;
  readonly took: number;
}

/** Sends `count` frames of `length` bytes, more than the kernel holds, in one pipeline to an echo server; both ends are ours. */
export async function exchangeFrames(count: number, length: number): Promise<Exchanged> {
  const peak = { client: 0, server: 0, rss: 0 };
  const options = { codec, highWaterMark: HIGH_WATER_MARK };
  const server = new Server(options).onRead((connection, message) => {
    connection.send(message);
    peak.server = Math.max(peak.server, connection.bufferedBytes);
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client(options);
  const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
  const exchange = new Exchange(connection);
  let sampling = true;
  let stalled = true;
  const sample = (): void => {
    peak.client = Math.max(peak.client, connection.bufferedBytes);
    for (const { bufferedBytes } of server.connections) peak.server = Math.max(peak.server, bufferedBytes);
    peak.rss = Math.max(peak.rss, now().rss);
    // It does not read before all that can be full is full: here, in the kernel and there.
    if (stalled && peak.server > 0) {
      stalled = false;
      connection.resume();
    }
    if (sampling) setImmediate(sample);
  };
  try {
    const pipeline = exchange.pipeline();
    for (let i = 0; i < count; i++) {
      const request = Buffer.alloc(length, i + 1);
      pipeline.request(request, (answer) => answer.equals(request));
    }
    connection.pause();
    const since = performance.now();
    const exchanged: Promise<readonly PromiseSettledResult<unknown>[]> = pipeline.exec({ timeout: 60_000 });
    sample();
    const results = await exchanged;
    const took = performance.now() - since;
    const answered = results.filter((result) => result.status === 'fulfilled' && result.value === true).length;
    return { answered, ...peak, took };
  } finally {
    sampling = false;
    client.destroy();
    server.destroy();
    await server.close();
  }
}
