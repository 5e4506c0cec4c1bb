import { line } from '@wirewright/codec-line';
import { Client, type ConnectPlace } from '@wirewright/core';

/** Microseconds from sending a line to having its echo. */
export interface RoundTrips {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

/**
 * Measures round trips to an echo server, one after the other: `count` of them, or as many as `limit` ms allow.
 *
 * @throws {Error} (rejects) the server closed the connection
 */
export async function measureRoundTrips(place: ConnectPlace, count: number, limit: number): Promise<RoundTrips> {
  const times: number[] = [];
  const end = performance.now() + limit;
  let sentAt = 0;
  await using client = new Client({ codec: line() }).onRead((connection, text) => {
    const now = performance.now();
    times.push((now - sentAt) * 1000);
    if (times.length === count || now >= end) return connection.close();
    sentAt = performance.now();
    return connection.send(text);
  });
  const connection = await client.connect(place);
  sentAt = performance.now();
  connection.send('a line to be echoed, of 32 bytes');
  const reason = await connection.closed;
  if (reason !== 'local') throw new Error(`the server closed the connection: ${reason}`);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))]!;
  return { count: times.length, median: at(0.5), p99: at(0.99) };
}
