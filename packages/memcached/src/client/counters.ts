/**
 * What a client has asked of a server, and what has become of it. Each only grows. A command is counted in `calls`, and when it is over in no more than one
 * of the others: nothing more is counted of those that were answered otherwise. What the client asks for itself, to log in, to ping and to probe, is not
 * counted; nor is what was refused before it was a command: a bad key, a server that is down already, too many that wait.
 */
export interface CallCounters {
  /** Commands that were given to it, those of batches each. */
  calls: number;
  /** Items that were asked for and found, whether the client could make something of them or not. */
  hits: number;
  /** Items that were asked for and not found. */
  misses: number;
  /** Commands that it answered with an error. */
  errors: number;
  /** Commands with `noreply` that it answered with an error nevertheless. memcached does so in the meta and binary protocols only. */
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

/** Adds what one server has counted to a sum. */
export function addCounters(sum: CallCounters, more: Readonly<CallCounters>): void {
  for (const name of Object.keys(sum) as (keyof CallCounters)[]) sum[name] += more[name];
}
