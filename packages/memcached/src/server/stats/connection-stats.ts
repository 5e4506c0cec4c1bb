import type { ServerCounters } from '@wirewright/core';

import type { Client } from '../client.ts';
import type { Stat } from './stat.ts';

/** What statistics need of the server. */
export interface ServedBy {
  readonly counters: ServerCounters;
  /** What it had carried when the statistics were reset. */
  readonly before: { readonly bytesIn: number; readonly bytesOut: number };
  readonly connections: ReadonlySet<Client>;
  readonly listening: boolean;
  /** Where it listens: `tcp:<address>:<port>` or `unix:<path>`. */
  readonly places: readonly string[];
  readonly port: number;
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly tls: boolean;
  /** Has what was carried so far count no more. */
  reset(): void;
  /** Seconds since a connection sent something last. */
  idleSeconds(connection: Client): number;
}

/** The statistics of `stats conns`: of each listener and of each connection. The numbers are those of the connections, as in their names. */
export function connectionStats(served: ServedBy): Stat[] {
  const stats: Stat[] = [];
  served.places.forEach((place, i) => {
    stats.push([`listener${i}:addr`, place], [`listener${i}:state`, 'conn_listening']);
  });
  for (const connection of served.connections) {
    const { id, remoteAddress, remotePort, localAddress, localPort } = connection;
    const local = localAddress === undefined ? (served.path ?? '') : `${localAddress}:${localPort}`;
    stats.push(
      [
        `${id}:addr`,
        remoteAddress === undefined ? 'unix:' : `${schemeOf(remoteAddress)}:${inBrackets(remoteAddress)}:${remotePort}`,
      ],
      [
        `${id}:listen_addr`,
        localAddress === undefined
          ? `unix:${local}`
          : `${schemeOf(localAddress)}:${inBrackets(localAddress)}:${localPort}`,
      ],
      [`${id}:state`, 'conn_read'],
      [`${id}:secs_since_last_cmd`, served.idleSeconds(connection)],
    );
  }
  return stats;
}

function schemeOf(address: string): string {
  return address.includes(':') ? 'tcp6' : 'tcp';
}

function inBrackets(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
