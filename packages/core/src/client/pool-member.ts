import type { Exchange } from '../exchange/exchange.ts';

/** A connection of a pool that requests can be made on. */
export interface PoolMember<In, Out> {
  readonly exchange: Exchange<In, Out>;
  readonly madeAt: number;
  /** Tasks that have it for themselves. */
  users: number;
  /** How often it was given out, how often at the last look, and since when it has been idle. */
  uses: number;
  usesBefore: number;
  idleSince: number;
}
