import type { CloseOptions, CloseResult, Exchange, Pool, PoolCounters, RequestOptions } from '@wirewright/core';

import type { AnyBatch } from './batch.ts';
import { type AnyCall, promised } from './call.ts';
import type { Dialect } from './dialect/dialect.ts';
import type { ServerSettings } from './options.ts';
import type { ReadyServer } from './places.ts';

/** Batches that are on the wire of a connection before the next one is used. */
const WINDOW = 1024;

/** Batches that wait for a connection: there are at most as many as calls, and those are counted. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

type ServerExchange = Exchange<unknown, AnyBatch>;

/** The connections to one server: logged in, pinged, and counted for as long as the server is there, however often it was down meanwhile. */
export class ServerPool {
  readonly #place: ReadyServer;
  readonly #settings: ServerSettings;
  readonly #dialect: Dialect;
  readonly #usual: RequestOptions;
  /** The present one, and those that were broken off and have connections yet; and what those before them have counted. */
  #pool: Pool<unknown, AnyBatch>;
  readonly #pools = new Set<Pool<unknown, AnyBatch>>();
  #before = { dialed: 0, dialFailures: 0, closed: 0 };

  constructor(place: ReadyServer, settings: ServerSettings, dialect: Dialect) {
    this.#place = place;
    this.#settings = settings;
    this.#dialect = dialect;
    this.#usual = { timeout: settings.timeout };
    this.#pool = this.#make();
  }

  get counters(): PoolCounters {
    const { open, dialing, waiting, inFlight } = this.#pool.counters;
    let totals = this.#before;
    for (const { counters } of this.#pools) totals = add(totals, counters);
    return { open, dialing, waiting, inFlight, ...totals };
  }

  request(batch: AnyBatch, options: RequestOptions): Promise<true> {
    return this.#pool.request(batch, batch.collect, options);
  }

  /** Breaks off all connections; what waits for them is rejected, and so is what is asked for from now on, until {@link restart}. */
  breakOff(): void {
    this.#pool.destroy();
    void this.#retire(this.#pool);
  }

  /** Makes connections again. Resolves when one is there, and the server answers. */
  async restart(): Promise<void> {
    this.#pool = this.#make();
    await this.#pool.use((exchange) => this.#run(exchange, this.#dialect.version()), this.#usual);
  }

  close(options: CloseOptions): Promise<CloseResult> {
    return this.#pool.close(options);
  }

  destroy(): void {
    this.#pool.destroy();
  }

  #make(): Pool<unknown, AnyBatch> {
    const { client, maxConnections, timeout, dialTimeout, pings, credentials } = this.#settings;
    const pool = client.pool(this.#place.connect, {
      maxConnections,
      window: WINDOW,
      timeout,
      waitTimeout: timeout,
      dialTimeout,
      maxWaiting: NO_LIMIT,
      idleTimeout: false,
      views: true,
      onConnect: (exchange) => {
        pings.set(exchange.connection, () => this.#run(exchange, this.#dialect.version()));
        return credentials === undefined ? undefined : this.#run(exchange, this.#dialect.login(credentials), true);
      },
    });
    this.#pools.add(pool);
    return pool;
  }

  /** Keeps what a pool has counted, when it has no connections any more. */
  async #retire(pool: Pool<unknown, AnyBatch>): Promise<void> {
    await pool.close();
    this.#before = add(this.#before, pool.counters);
    this.#pools.delete(pool);
  }

  /** Sends a command on this very connection. */
  async #run(exchange: ServerExchange, call: AnyCall, secret: boolean = false): Promise<void> {
    const answered = promised(call);
    answered.catch(() => {});
    const batch = this.#dialect.batch();
    batch.secret = secret;
    batch.add(call);
    batch.seal();
    await exchange.request(batch, batch.collect, this.#usual);
    await answered;
  }
}

type Totals = Pick<PoolCounters, 'dialed' | 'dialFailures' | 'closed'>;

function add(a: Totals, b: Totals): Totals {
  return { dialed: a.dialed + b.dialed, dialFailures: a.dialFailures + b.dialFailures, closed: a.closed + b.closed };
}
