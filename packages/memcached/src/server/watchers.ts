import { Buffer } from 'node:buffer';

import type { Client } from './client.ts';

/** What a `watch` may be for: any of them, and several at once. */
export const WATCH_KINDS = [
  'fetchers',
  'mutations',
  'evictions',
  'connevents',
  'deletions',
  'rawcmds',
  'sysevents',
] as const;

export type WatchKind = (typeof WATCH_KINDS)[number];

/** Most watchers at once (logger.c, WATCHER_LIMIT). */
const MAX_WATCHERS = 20;

interface Watcher {
  readonly connection: Client;
  readonly kinds: ReadonlySet<WatchKind>;
  /** Lines that it missed since the last one that it got, because it does not read them as fast as they come. */
  skipped: number;
}

/** Connections that get a line for each thing that happens (memcached's `watch`). Lines end with a bare `\n`, as they do there. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  readonly #wanted = new Set<WatchKind>();
  /** Lines so far, which are numbered. */
  #lines = 0;
  sent = 0;
  skipped = 0;

  get count(): number {
    return this.#watchers.size;
  }

  /** Whether anybody wants lines of that kind: to be asked before one is made. */
  wants(kind: WatchKind): boolean {
    return this.#wanted.has(kind);
  }

  /** Adds one, until its connection closes. Returns whether there was room for it. */
  add(connection: Client, kinds: ReadonlySet<WatchKind>): boolean {
    if (this.#watchers.size >= MAX_WATCHERS) return false;
    this.#watchers.add({ connection, kinds, skipped: 0 });
    this.#count();
    return true;
  }

  delete(connection: Client): void {
    for (const watcher of this.#watchers) {
      if (watcher.connection === connection) this.#watchers.delete(watcher);
    }
    this.#count();
  }

  /** Sends a line of a kind to those who want it: `text` is what stands behind the time and the number. */
  write(kind: WatchKind, text: string): void {
    this.#lines++;
    const now = Date.now();
    const line = `ts=${Math.floor(now / 1000)}.${(now % 1000) * 1000} gid=${this.#lines} ${text}\n`;
    for (const watcher of this.#watchers) if (watcher.kinds.has(kind)) this.#send(watcher, line);
  }

  #send(watcher: Watcher, line: string): void {
    const { connection } = watcher;
    // Whoever does not keep up misses lines; the server does not wait for it, nor gather them.
    if (connection.bufferedBytes > MAX_UNSENT) {
      watcher.skipped++;
      this.skipped++;
      return;
    }
    const missed = watcher.skipped === 0 ? '' : `skipped=${watcher.skipped}\n`;
    watcher.skipped = 0;
    this.sent++;
    connection.send(Buffer.from(missed + line, 'latin1'));
  }

  #count(): void {
    this.#wanted.clear();
    for (const { kinds } of this.#watchers) for (const kind of kinds) this.#wanted.add(kind);
  }
}

/** Bytes that may wait for a watcher (memcached's watcher_logbuf_size). */
const MAX_UNSENT = 256 * 1024;
