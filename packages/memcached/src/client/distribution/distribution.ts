import type { WireKey } from '../keys.ts';

/** What a distribution knows of a server. */
export interface ServerInfo {
  /** `host:port`, or the path of a unix socket; unique among the servers of a client. */
  readonly name: string;
  /** The name that it was given, or the path. */
  readonly host: string;
  /** 0 for a unix socket. */
  readonly port: number;
  /** How many times as many keys it gets as one of weight 1. */
  readonly weight: number;
}

/**
 * Places keys: made for a list of servers, anew whenever that changes, it returns a function that gives the index of the server of a key. The
 * key is as it is sent, prefix included: text, or bytes that are no text.
 *
 * ```ts
 * const byFirstByte: Distribution = (servers) => (key) => Buffer.from(key)[0]! % servers.length;
 * ```
 */
export type Distribution = (servers: readonly ServerInfo[]) => (key: WireKey) => number;
