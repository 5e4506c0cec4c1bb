import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';

import {
  declared,
  type EntranceOptions,
  type ListenOptions,
  Server,
  type ServerCounters,
  systemClock,
} from '@wirewright/core';

import type { Store } from '../store/store.ts';
import { USUAL_PORT } from '../usual-port.ts';
import type { Client } from './client.ts';
import { type CommandTable, copyOfTable, type MemcachedCounters } from './counters.ts';
import type { HandlerOf, MemcachedConnection, MemcachedReply, MemcachedRequest } from './handlers.ts';
import { type MemcachedServerOptions, memcachedSettings, serverOptions } from './options.ts';
import { Served } from './served.ts';
import { Services } from './services.ts';
import type { Stat } from './stats/stat.ts';
import { Stats } from './stats/stats.ts';

/** Milliseconds after which the time is taken anew. */
const TICK = 1000;

/**
 * A memcached server: text, meta and binary protocol on one port, chosen by the first byte of each connection.
 *
 * ```ts
 * const server = new MemcachedServer({ memoryLimit: 64 * 1024 * 1024 });
 * await server.listen(); // port 11211
 * ```
 *
 * Any command can have a handler of one's own, which answers it in place of the store:
 *
 * ```ts
 * server.handle('version', () => 'VERSION 2.0');
 * ```
 *
 * A {@link Server} with codecs and an `onRead` of its own; the other hooks, limits and counters are there to be used.
 */
export class MemcachedServer<Data = unknown> extends Server<MemcachedRequest, MemcachedReply, Data> {
  readonly #services: Services<Data>;
  readonly #served: Served;
  readonly #stats: Stats;
  #onShutdown: ((graceful: boolean) => unknown) | undefined = undefined;
  #stopClock: (() => void) | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: MemcachedServerOptions<Data> = {}) {
    const clock = options.clock ?? systemClock;
    const services = new Services<Data>(memcachedSettings(options), clock);
    super({ ...serverOptions(options), codec: services.codec });
    this.#services = services;
    this.#served = new Served(this, clock);
    this.#stats = new Stats(services.state, this.#served);
    services.start({
      stats: this.#stats,
      fail: (connection, error) => this.tellError(connection, error),
      shutdown: (graceful) => this.#shutdown(graceful),
      watch: (connection) => services.silence(connection),
    });
  }

  /** What the items are kept in. */
  get store(): Store {
    return this.#services.state.store;
  }

  /** What every {@link Server} counts, and what was asked of the store so far, in the words of memcached's `stats`; `stats reset` sets that to 0. */
  override get counters(): ServerCounters & Readonly<MemcachedCounters> {
    return { ...super.counters, ...this.#services.state.counters };
  }

  /** What there was of each command so far; `stats reset` sets it to 0. */
  get commands(): CommandTable {
    return copyOfTable(this.#services.state.commands);
  }

  /** The version that clients are told. */
  get version(): string {
    return this.#services.state.version;
  }

  /** How much a client wants the server to tell, by `verbosity`: for whoever logs. */
  get verbosity(): number {
    return this.#services.state.verbosity;
  }

  set verbosity(level: number) {
    this.#services.state.verbosity = level;
  }

  /**
   * The statistics that a client gets by `stats`, or by `stats <argument>`: `'items'`, `'slabs'`, `'settings'`, `'conns'`; empty for those
   * that there are not.
   */
  stats(argument: string = ''): Stat[] {
    return this.#stats.list(argument) ?? [];
  }

  /**
   * Has `handler` answer a command: `'get'`, `'mg'`, or one that memcached does not have; or an opcode, and the quiet one that does the same.
   * It gets requests that are in good order, of those who have logged in, and what it returns is sent: one reply or several. Nothing is sent
   * for `undefined`, nor for what is quiet of a request; behind `fatal(reply)` the connection is closed. When it fails, the client gets an
   * error, and `onError` a {@link HandlerError}.
   *
   * ```ts
   * server.handle('get', async (request) => { ... });
   * server.handle(Opcode.Get, (request) => responses.hit(request, 'value'));
   * ```
   *
   * @throws {InvalidOptionError} it has a handler already, or is no command
   */
  handle<Command extends string | number>(command: Command, handler: HandlerOf<Command, Data>): this {
    this.#services.handlers.add(command, handler);
    return this;
  }

  /** A client has sent `shutdown`, or `shutdown graceful`, and may. Without a hook, the server closes. */
  onShutdown(hook: (graceful: boolean) => unknown): this {
    this.#onShutdown = declared('onShutdown', this.#onShutdown, hook);
    return this;
  }

  protected override get usualPort(): number {
    return USUAL_PORT;
  }

  /** Listens on port 11211 unless `place` says otherwise; see {@link Server.listen}. */
  override async listen(place: string | ListenOptions = {}): Promise<this> {
    this.#startClock();
    await super.listen(place);
    if (typeof place === 'object' && place.tls !== undefined) this.#served.tls = true;
    return this;
  }

  override serve(listener: NetServer, options: EntranceOptions = {}): this {
    this.#startClock();
    return super.serve(listener, options);
  }

  override attach(stream: Duplex): MemcachedConnection<Data> {
    const connection = super.attach(stream);
    this.#startClock();
    return connection;
  }

  protected override connectionOpened(connection: MemcachedConnection<Data>): void {
    this.#services.state.observer.connection(connection, 'conn_new');
  }

  protected override connectionClosed(connection: MemcachedConnection<Data>): void {
    const { state } = this.#services;
    const { observer } = state;
    if (connection.closeReason === 'idle') state.idleKicks++;
    observer.watchers.delete(connection);
    observer.update();
    observer.connection(connection, 'conn_close', ` reason=${reasonOf(connection)}`);
  }

  #startClock(): void {
    if (this.#stopClock !== undefined) return;
    const { clock, store } = this.#services.state;
    const tick = (): void => {
      store.tick();
      this.#served.tick();
      this.#stopClock = clock.after(TICK, tick);
    };
    // It may have been made long before.
    tick();
    void this.closed.then(() => this.#stopClock?.());
  }

  #shutdown(graceful: boolean): unknown {
    if (this.#onShutdown !== undefined) return this.#onShutdown(graceful);
    if (graceful) void this.close();
    else this.destroy();
    return undefined;
  }
}

/** The close reason by memcached's names. */
function reasonOf({ closeReason }: Client): string {
  if (closeReason === 'peer' || closeReason === 'local') return 'normal';
  if (closeReason === 'idle') return 'idle_timeout';
  return closeReason === 'shutdown' ? 'shutdown' : 'error';
}
