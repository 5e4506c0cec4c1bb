/** What a pool is doing, and has done. */
export interface PoolCounters {
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that are being made now. */
  readonly dialing: number;
  /** Requests that wait for a connection with room. */
  readonly waiting: number;
  /** Requests that have a connection and are not answered. */
  readonly inFlight: number;
  /** Connections that were made. */
  readonly dialed: number;
  /** Attempts to make one that failed. */
  readonly dialFailures: number;
  /** Connections that were made and have closed since. */
  readonly closed: number;
}
