import { randomUUID } from 'node:crypto';

import { Backoff, describeCause } from '@wirewright/core';

import { StoreLostError } from '../store/errors.ts';
import type { Database } from './database.ts';
import { isTransient } from './is-transient.ts';
import { pause } from './pause.ts';
import type { PostgresSettings } from './settings.ts';

/**
 * Shares of a lease: after which it is renewed, how long that may take before the connection is taken for dead, which leaves time for another one,
 * when it is given up for lost by our own clock, and how often one is asked for that somebody else has.
 */
const RENEWAL = 1 / 5;
const PATIENCE = 2 / 5;
const CERTAIN = 4 / 5;
const WAITING = 1 / 10;

/**
 * The right to the jobs under a name, for a time, which is renewed well before it ends. It ends in the database by the clock of that, and here
 * earlier, by our own: counted from when it was asked for, and with a margin, so that nobody else has it while we believe that we do.
 */
export class Lease {
  readonly #database: Database;
  readonly #settings: PostgresSettings;
  readonly #onLost: (error: StoreLostError) => void;
  readonly #over = new AbortController();
  readonly #statements: ReturnType<typeof leaseStatements>;
  /** Tells this holder from others under the same name. */
  readonly token: string = randomUUID();
  /** Until when it is ours, by our own clock. */
  #until = -Infinity;
  #renewedAt = -Infinity;
  #renewing: Promise<void> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined = undefined;
  #renewal: NodeJS.Timeout | undefined = undefined;
  #lost: StoreLostError | undefined = undefined;
  #trouble: unknown = undefined;

  /** @param onLost is told once that it is over, unless it was given up */
  constructor(database: Database, settings: PostgresSettings, onLost: (error: StoreLostError) => void) {
    this.#database = database;
    this.#settings = settings;
    this.#onLost = onLost;
    this.#statements = leaseStatements(settings);
  }

  /** Is aborted when the lease is lost. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Waits until nobody else has it, and takes it. A database that goes away while it waits is waited for. */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    const backoff = new Backoff({ maxDelay: this.#settings.lease });
    for (let asked = false; ; asked = true) {
      signal?.throwIfAborted();
      const sentAt = performance.now();
      let delay = Math.min(1000, this.#settings.lease * WAITING);
      try {
        if (await this.#isOurs(this.#statements.acquire)) return this.#begin(sentAt);
        backoff.reset();
      } catch (error) {
        if (!asked || !isTransient(error)) throw error;
        delay = backoff.next();
      }
      await pause(delay, signal);
    }
  }

  /** The time, by our own clock; throws when the lease is over by it. */
  held(): number {
    const now = performance.now();
    if (now >= this.#until) this.lose('it could not be renewed in time');
    if (this.#lost !== undefined) throw this.#lost;
    return now;
  }

  /** It was renewed by something that was sent at the time `sentAt`. */
  extend(sentAt: number): void {
    this.#until = Math.max(this.#until, sentAt + this.#settings.lease * CERTAIN);
    this.#renewedAt = Math.max(this.#renewedAt, sentAt);
  }

  /** Ends it. Whoever relies on it is told. */
  lose(why: string): void {
    if (this.#lost !== undefined) return;
    const reason = this.#trouble === undefined ? why : `${why}; ${describeCause(this.#trouble)}`;
    this.#lost = new StoreLostError(this.#settings.place, reason, this.#trouble);
    this.#stop();
    this.#over.abort();
    this.#onLost(this.#lost);
  }

  /**
   * Has `attempt` done, and done again as long as the connection fails and the lease lasts.
   *
   * @param attempt takes the time at which it began
   * @throws {StoreLostError} the lease is over
   */
  async persist<Result>(attempt: (sentAt: number) => Promise<Result>): Promise<Result> {
    const backoff = new Backoff({ maxDelay: Math.ceil(this.#settings.lease * WAITING) });
    for (;;) {
      const sentAt = this.held();
      try {
        return await attempt(sentAt);
      } catch (error) {
        if (this.#lost !== undefined) throw this.#lost;
        if (!isTransient(error)) throw error;
        this.#trouble = error;
        await pause(backoff.next(), this.over);
      }
    }
  }

  /** Gives it up, so that whoever wants it can have it at once. If that fails, it ends by itself. */
  async giveUp(): Promise<void> {
    this.#stop();
    await this.#renewing;
    if (this.#lost !== undefined) return;
    this.#lost = new StoreLostError(this.#settings.place, 'it was given up');
    const { server } = this.#settings;
    await this.#database.query(this.#statements.giveUp, [server, this.token]).catch(() => {});
  }

  #begin(sentAt: number): void {
    this.extend(sentAt);
    this.#watchEnd();
    this.#renewal = setInterval(() => this.#renewIfDue(), this.#settings.lease * RENEWAL * RENEWAL);
  }

  #stop(): void {
    clearTimeout(this.#watch);
    clearInterval(this.#renewal);
  }

  #watchEnd(): void {
    const left = this.#until - performance.now();
    if (left <= 0) this.lose('it could not be renewed in time');
    else this.#watch = setTimeout(() => this.#watchEnd(), left);
  }

  /** Commits renew it, too: one that was lately is left alone. */
  #renewIfDue(): void {
    const sentAt = performance.now();
    if (sentAt - this.#renewedAt < this.#settings.lease * RENEWAL) return;
    this.#renewedAt = sentAt;
    this.#renewing = this.#renew(sentAt);
  }

  async #renew(sentAt: number): Promise<void> {
    try {
      if (!(await this.#isOurs(this.#statements.renew))) return this.lose('somebody else has taken it');
      this.#trouble = undefined;
      this.extend(sentAt);
    } catch (error) {
      // Tried again when the next one is due, or at once.
      this.#trouble = error;
      this.#renewedAt = -Infinity;
    }
  }

  async #isOurs(statement: string): Promise<boolean> {
    const { server, lease } = this.#settings;
    const { rowCount } = await this.#database.query(statement, [server, this.token, lease], lease * PATIENCE);
    return rowCount === 1;
  }
}

function leaseStatements({ tables: { leases } }: PostgresSettings): Record<'acquire' | 'renew' | 'giveUp', string> {
  const expires = `clock_timestamp() + $3::double precision * interval '1 millisecond'`;
  return {
    acquire: `
      INSERT INTO ${leases} AS held (server, token, expires, commits) VALUES ($1, $2, ${expires}, 0)
      ON CONFLICT (server) DO UPDATE SET token = excluded.token, expires = excluded.expires, commits = 0
      WHERE held.expires <= clock_timestamp() OR held.token = excluded.token`,
    renew: `
      UPDATE ${leases} SET expires = ${expires}
      WHERE server = $1 AND token = $2 AND expires > clock_timestamp()`,
    giveUp: `UPDATE ${leases} SET expires = '-infinity' WHERE server = $1 AND token = $2`,
  };
}
