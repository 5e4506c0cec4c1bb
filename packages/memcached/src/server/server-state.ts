import type { Clock } from '@wirewright/core';

import { MemoryStore } from '../store/memory-store.ts';
import { zero } from '../store/store-counters.ts';
import type { Store } from '../store/store.ts';
import { type CommandTable, commandTable, type MemcachedCounters, memcachedCounters } from './counters.ts';
import { Observer } from './observer.ts';
import type { MemcachedSettings } from './options.ts';
import { PrefixDetails } from './prefix-details.ts';
import { Watchers } from './watchers.ts';

/** What the services of one server share. */
export class ServerState {
  readonly settings: MemcachedSettings;
  readonly clock: Clock;
  readonly store: Store;
  /** The store, if it is one of ours, which has more to tell. */
  readonly memory: MemoryStore | undefined;
  readonly counters: MemcachedCounters = memcachedCounters();
  readonly commands: CommandTable = commandTable();
  readonly observer: Observer;
  readonly startedAt: number;
  /** What `verbosity` set last. */
  verbosity = 0;
  /** Connections that were closed because they were silent. */
  idleKicks = 0;
  /** Whether `stats sizes` has something to tell. */
  sizes = false;

  constructor(settings: MemcachedSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.store = settings.store;
    this.memory = this.store instanceof MemoryStore ? this.store : undefined;
    this.startedAt = clock.now();
    this.observer = new Observer(
      new PrefixDetails(settings.prefixDelimiter, settings.details),
      new Watchers(),
      this.store,
    );
    this.memory?.onEvict((item) => this.observer.evict(item));
  }

  /** The version that clients are told. */
  get version(): string {
    return this.settings.compat;
  }

  /** Seconds since the server was made. */
  get uptime(): number {
    return Math.floor((this.clock.now() - this.startedAt) / 1000);
  }

  /** Starts to count anew. */
  reset(): void {
    zero(this.counters);
    for (const counters of Object.values(this.commands)) zero(counters);
    this.idleKicks = 0;
    this.memory?.resetCounters();
    this.observer.details.clear();
    this.observer.watchers.sent = 0;
    this.observer.watchers.skipped = 0;
  }
}
