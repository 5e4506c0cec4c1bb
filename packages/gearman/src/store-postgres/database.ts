import { Socket } from 'node:net';

import {
  Client,
  type ClientBase,
  Pool,
  type PoolClient,
  type PoolConfig,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from 'pg';

/** For commits, for the lease, and for what else there is. */
const CONNECTIONS = 4;

/** Nothing is acknowledged that is only in the memory of the database; a stricter setting than `on` stays. */
const DURABLE = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

/** A statement; one with a name is prepared once for each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Some connections to a database, which are made when they are needed. */
export class Database {
  readonly #pool: Pool;
  readonly #sockets = new Set<{ destroy(): unknown }>();
  readonly #prepared = new WeakSet<ClientBase>();
  readonly #patience: number;
  #ended: Promise<void> | undefined = undefined;

  /**
   * @param patience ms that a connection may take to be made, and a statement, unless it is told otherwise
   * @throws {Error} the text says no place
   */
  constructor(connection: string | PoolConfig, patience: number) {
    this.#patience = patience;
    const config = configOf(connection);
    this.#pool = new Pool({
      keepAlive: true,
      fallback_application_name: 'wirewright',
      ...config,
      max: CONNECTIONS,
      connectionTimeoutMillis: patience,
      stream: () => {
        const socket = config.stream?.() ?? new Socket();
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
        return socket;
      },
    });
    // One that breaks while nobody uses it: the next one who needs one gets another.
    this.#pool.on('error', () => {});
    // One that breaks while it is in use, and is asked nothing just now: what it is asked next fails. It may break in the moment it is made.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * Runs a statement. A rejection does not mean that it has done nothing: see {@link isTransient}.
   *
   * @param patience ms after which the connection is given up
   */
  query<Row extends QueryResultRow>(
    statement: string | Statement,
    values?: unknown[],
    patience: number = this.#patience,
  ): Promise<QueryResult<Row>> {
    return this.use((client) => client.query<Row>(queryOf(statement, values)), patience);
  }

  /** Has `work` use a connection, which is given up when that fails, or takes longer than `patience` ms. */
  async use<Result>(work: (client: ClientBase) => Promise<Result>, patience: number = this.#patience): Promise<Result> {
    const client = await this.#pool.connect();
    const late = new Error(`the database has not answered for ${patience} ms`);
    const free = releaseOnce(client);
    // What is under way fails with the connection.
    const timer = setTimeout(free, patience, late);
    try {
      if (!this.#prepared.has(client)) await this.#prepare(client);
      const result = await work(client);
      free();
      return result;
    } catch (error) {
      free(error as Error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all connections once they are not in use any more; those that are not over after the patience break off. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#breakOff(), this.#patience);
    await this.#end();
    clearTimeout(timer);
  }

  /** Breaks off all connections. What was asked and not answered fails. */
  destroy(): void {
    void this.#end();
    this.#breakOff();
  }

  async #prepare(client: ClientBase): Promise<void> {
    await client.query(DURABLE);
    this.#prepared.add(client);
  }

  #end(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  #breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Where a database is, in words, without its password. */
export function placeOf(connection: string | PoolConfig): string {
  const { host, port, database } = new Client({ ...configOf(connection), stream: () => undefined });
  return `the database ${database ?? ''} at ${host}:${port}`;
}

function configOf(connection: string | PoolConfig): PoolConfig {
  return typeof connection === 'string' ? { connectionString: connection } : connection;
}

function queryOf(statement: string | Statement, values: unknown[] | undefined): QueryConfig {
  const named = typeof statement === 'string' ? { text: statement } : statement;
  return values === undefined ? named : { ...named, values };
}

/** Gives a connection back, or up when there is an error; only the first time. */
function releaseOnce(client: PoolClient): (error?: Error) => void {
  let released = false;
  return (error) => {
    if (released) return;
    released = true;
    client.release(error);
  };
}
