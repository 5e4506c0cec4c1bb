/** What a client has asked of a server, and what has become of it. */
export interface CallCounters {
  /** Commands that were given to it, those of batches each. */
  calls: number;
  /** Items that were asked for and found. */
  hits: number;
  /** Items that were asked for and not found. */
  misses: number;
  /** Commands that it answered with an error. */
  errors: number;
  /** Commands with `noreply` that turned out to have failed. */
  unansweredErrors: number;
  /** Commands that were given up because of their deadline. */
  timeouts: number;
  /** Commands that were given up because of their signal. */
  aborts: number;
  /** Commands that were lost with their connection, or never sent. */
  lost: number;
  /** How often it was ejected. */
  ejections: number;
}

export function callCounters(): CallCounters {
  return {
    calls: 0,
    hits: 0,
    misses: 0,
    errors: 0,
    unansweredErrors: 0,
    timeouts: 0,
    aborts: 0,
    lost: 0,
    ejections: 0,
  };
}
