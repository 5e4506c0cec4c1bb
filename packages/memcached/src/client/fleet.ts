import {
  ClosedError,
  closedTogether,
  type CloseOptions,
  type CloseResult,
  graceOf,
  InvalidOptionError,
  type PoolCounters,
  type ServerStatus,
} from '@wirewright/core';

import { type CallOptions, checkOptions, Known, type UnansweredOptions } from './call-options.ts';
import type { AnyCall } from './call.ts';
import { addCounters, type CallCounters, callCounters } from './counters.ts';
import { gather } from './gather.ts';
import type { CacheKey, Keys, WireKey } from './keys.ts';
import type { ClientSettings } from './options.ts';
import { type MemcachedPlace, readServer, type ReadyServer } from './places.ts';
import { RemoteServer } from './remote-server.ts';
import { Ring } from './ring.ts';

/** A server of a client, as it is at the moment; not up when it is ejected. */
export interface MemcachedServerStatus extends ServerStatus {
  /** What share of the keys it gets, beside those of the others. */
  readonly weight: number;
  /** Whether it is one of the gutter pool. */
  readonly gutter: boolean;
  /** What it was asked, and what has become of that. */
  readonly counters: Readonly<CallCounters>;
  /** Its connections. */
  readonly pool: PoolCounters;
}

/** Which server a command is for: the one of a key, or one by its name. */
export type CommandTarget = { readonly key: CacheKey } | { readonly server: string };

/** The settings that it needs; values are none of its business. */
type FleetSettings = ClientSettings<never, unknown>;

/** The servers of a client: finds the one of a key, and asks one, some or all of them. */
export class Fleet {
  readonly keys: Keys;
  readonly #settings: FleetSettings;
  readonly #ring: Ring;
  readonly #gutter: Ring | undefined;
  /** Servers that were removed, and have calls under way; and what those before them have counted. */
  readonly #leaving = new Set<RemoteServer>();
  readonly #gone: CallCounters = callCounters();
  #closing: Promise<CloseResult> | undefined = undefined;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
    this.keys = settings.keys;
    this.#ring = new Ring(settings.distribution, settings.nextServer);
    this.#ring.servers = settings.places.map((place) => this.#server(place));
    if (settings.gutter.length === 0) return;
    const gutter = new Ring(settings.distribution, true);
    const changed = (): void => gutter.update();
    gutter.servers = settings.gutter.map(
      (place) => new RemoteServer(place, settings.server, settings.gutterTtl, changed),
    );
    this.#gutter = gutter;
  }

  // ---------------------------------------------------------------- asking

  /** @throws {ServerDownError} none is up that could have the key */
  route(wire: WireKey): RemoteServer {
    const server = this.#ring.route(wire);
    return server.isDown && this.#gutter !== undefined ? this.#gutter.route(wire) : server;
  }

  /** @throws {InvalidOptionError} there is none of that name */
  target(target: CommandTarget): RemoteServer {
    if ('key' in target) return this.route(this.keys.wire(target.key));
    const server = this.#ring.servers.find(({ name }) => name === target.server);
    if (server === undefined) throw new InvalidOptionError(`${target.server} is none of the servers: ${this.#names}`);
    return server;
  }

  /** Asks the server of a key, or only tells it, with `noreply`. */
  ask<T>(
    key: CacheKey,
    options: UnansweredOptions,
    known: ReadonlySet<string>,
    make: (server: RemoteServer, wire: WireKey, unanswered: boolean) => AnyCall,
  ): Promise<T> {
    try {
      checkOptions(options, known);
      const unanswered = options.noreply === true;
      const wire = this.keys.wire(key);
      const server = this.route(wire);
      const call = make(server, wire, unanswered);
      return unanswered ? server.post<T>(call) : server.ask<T>(call, options);
    } catch (error) {
      const failed = Promise.reject<T>(error);
      return options?.noreply === true ? handled(failed) : failed;
    }
  }

  /** Asks for many keys, of whichever server each belongs to; see {@link gather}. */
  async many<Key extends CacheKey, Results>(
    keys: Iterable<Key>,
    options: CallOptions,
    make: (server: RemoteServer, wire: WireKey, key: Key) => AnyCall,
    results: (parts: readonly { readonly key: Key; readonly result: unknown }[]) => Results,
  ): Promise<Results> {
    checkOptions(options, Known.call);
    if (typeof keys !== 'object' || keys === null || !(Symbol.iterator in keys)) {
      throw new InvalidOptionError('many keys are an array, or something else to iterate over');
    }
    const called = (key: Key): { server: RemoteServer; call: AnyCall } => {
      const wire = this.keys.wire(key);
      const server = this.route(wire);
      return { server, call: make(server, wire, key) };
    };
    return gather(new Set(keys), called, results, options);
  }

  /** Asks every server, but for the gutter pool. Resolves with what they said by name. */
  async everywhere<T>(options: CallOptions, make: (server: RemoteServer) => AnyCall): Promise<Map<string, T>> {
    checkOptions(options, Known.call);
    const servers = new Map(this.#ring.servers.map((server) => [server.name, server]));
    const called = (name: string): { server: RemoteServer; call: AnyCall } => {
      const server = servers.get(name)!;
      return { server, call: make(server) };
    };
    return gather(
      servers.keys(),
      called,
      (parts) => new Map(parts.map(({ key, result }) => [key, result as T])),
      options,
    );
  }

  // ---------------------------------------------------------------- servers

  get status(): readonly MemcachedServerStatus[] {
    const ring = this.#ring.servers.map((server) => statusOf(server, false));
    return [...ring, ...(this.#gutter?.servers ?? []).map((server) => statusOf(server, true))];
  }

  /** What was asked of all servers, those included that were removed. */
  get counters(): CallCounters {
    const sum = { ...this.#gone };
    for (const { counters } of this.#all) addCounters(sum, counters);
    return sum;
  }

  /**
   * @throws {InvalidOptionError} it is there already, or no place
   * @throws {ClosedError} the client is closed
   */
  add(given: MemcachedPlace): void {
    if (this.#closing !== undefined) throw new ClosedError('the client');
    const place = readServer(given, this.#settings.tls);
    const { servers } = this.#ring;
    if (servers.some(({ name }) => name === place.info.name)) {
      throw new InvalidOptionError(`${place.info.name} is one of the servers already`);
    }
    this.#ring.servers = [...servers, this.#server(place)];
  }

  /** @throws {InvalidOptionError} (rejects) it is none of the servers, or the last one */
  async remove(name: string, options: CloseOptions): Promise<CloseResult> {
    // A mistake in the options removes nothing.
    graceOf(options);
    const { servers } = this.#ring;
    const named = (wanted: string): RemoteServer | undefined => servers.find((one) => one.name === wanted);
    const server = named(name) ?? named(readServer(name, undefined).name);
    if (server === undefined) throw new InvalidOptionError(`${name} is none of the servers: ${this.#names}`);
    if (servers.length === 1) throw new InvalidOptionError('a client has at least one server: add another first');
    this.#ring.servers = servers.filter((one) => one !== server);
    this.#leaving.add(server);
    const closed = await server.close(options);
    this.#leaving.delete(server);
    addCounters(this.#gone, server.counters);
    return closed;
  }

  close(options: CloseOptions): Promise<CloseResult> {
    // A mistake in the options is no close.
    graceOf(options);
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: CloseOptions): Promise<CloseResult> {
    const closed = await Promise.all(this.#all.map((server) => server.close(options)));
    await this.#settings.server.client.close(options);
    return closedTogether(closed);
  }

  destroy(): void {
    for (const server of this.#all) server.destroy();
    this.#settings.server.client.destroy();
    this.#closing ??= this.#close({});
  }

  get #all(): readonly RemoteServer[] {
    return [...this.#ring.servers, ...(this.#gutter?.servers ?? []), ...this.#leaving];
  }

  get #names(): string {
    return this.#ring.servers.map(({ name }) => name).join(', ');
  }

  #server(place: ReadyServer): RemoteServer {
    return new RemoteServer(place, this.#settings.server, Infinity, () => this.#ring.update());
  }
}

/** A rejection that nobody has to handle: of what nobody waits for. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function statusOf(server: RemoteServer, gutter: boolean): MemcachedServerStatus {
  return {
    name: server.name,
    up: !server.isDown,
    error: server.downError as Error | undefined,
    weight: server.info.weight,
    gutter,
    counters: { ...server.counters },
    pool: server.pool,
  };
}
