import type { MemoryItem } from '../store/memory-item.ts';
import type { Bytes, Item, Store, StoreOutcome } from '../store/store.ts';
import type { Client } from './client.ts';
import type { PrefixDetails } from './prefix-details.ts';
import { keyText, uriEncode } from './uri-encode.ts';
import type { Watchers, WatchKind } from './watchers.ts';

/** Tells watchers, and the details by prefix, what becomes of keys. While nobody looks, {@link active} is false and nobody asks for anything. */
export class Observer {
  readonly details: PrefixDetails;
  readonly watchers: Watchers;
  readonly #store: Store;
  active = false;

  constructor(details: PrefixDetails, watchers: Watchers, store: Store) {
    this.details = details;
    this.watchers = watchers;
    this.#store = store;
    this.update();
  }

  /** To be called when somebody began to look, or stopped. */
  update(): void {
    this.active = this.details.on || this.watchers.count > 0;
  }

  /** A key was asked for; `meta` says by a meta command: those are not in the details by prefix, as in memcached. */
  get(connection: Client, key: Bytes, item: Item | undefined, meta: boolean = false): void {
    if (this.details.on && !meta) this.details.get(keyText(key), item !== undefined);
    if (this.watchers.wants('fetchers')) this.#tellGet(connection, key, item);
  }

  /** An item is to be changed: memcached looks for it first, and tells those who watch of each look (items.c, `do_item_get`). */
  look(connection: Client, key: Bytes): void {
    if (this.watchers.wants('fetchers')) this.#tellGet(connection, key, this.#store.peek(key));
  }

  #tellGet(connection: Client, key: Bytes, item: Item | undefined): void {
    const status = item === undefined ? 'not_found' : 'found';
    this.watchers.write(
      'fetchers',
      `type=item_get key=${uriEncode(key)} status=${status} clsid=${classOf(item)} cfd=${connection.id} size=${lengthOf(item)}`,
    );
  }

  /** Something was stored, or not. */
  store(
    connection: Client,
    command: string,
    key: Bytes,
    outcome: StoreOutcome,
    ttl: number,
    size: number,
    meta: boolean = false,
  ): void {
    if (this.details.on && !meta) this.details.set(keyText(key));
    if (!this.watchers.wants('mutations')) return;
    const status = outcome.replace('out-of-memory', 'no_memory').replace('-', '_');
    // Of what was put to a value that was there, memcached tells of the whole item.
    const extended = outcome === 'stored' && (command === 'append' || command === 'prepend');
    const item = extended ? this.#store.peek(key) : undefined;
    const [left, length] = item === undefined ? [ttl, size] : [Math.max(0, item.ttl), lengthOf(item)];
    this.watchers.write(
      'mutations',
      `type=item_store key=${uriEncode(key)} status=${status} cmd=${command} ttl=${left} clsid=0 cfd=${connection.id} size=${length}`,
    );
  }

  /** A key was deleted, if it was there. */
  delete(connection: Client, key: Bytes, found: boolean, meta: boolean = false): void {
    if (this.details.on && !meta) this.details.delete(keyText(key));
    if (!found || !this.watchers.wants('deletions')) return;
    this.watchers.write(
      'deletions',
      `type=deleted key=${uriEncode(key)} cmd=delete clsid=0 cfd=${connection.id} size=0`,
    );
  }

  /** An item is thrown out to make room. */
  evict(item: MemoryItem): void {
    if (!this.watchers.wants('evictions')) return;
    const { buffer, keyStart, keyEnd, valueStart, valueEnd, slabClass, ttl, idle, fetched } = item;
    const key = uriEncode({ buffer, start: keyStart, end: keyEnd });
    this.watchers.write(
      'evictions',
      `type=eviction key=${key} fetch=${fetched ? 'yes' : 'no'} ttl=${ttl} la=${idle} clsid=${slabClass} size=${valueEnd - valueStart}`,
    );
  }

  /** A connection came or went. */
  connection(connection: Client, kind: 'conn_new' | 'conn_close', more: string = ''): void {
    this.#writeEvent('connevents', () => {
      const { remoteAddress, remotePort = 0 } = connection;
      const transport = remoteAddress === undefined ? 'local' : 'tcp';
      return `type=${kind} rip=${remoteAddress ?? 'unix'} rport=${remotePort} transport=${transport}${more} cfd=${connection.id}`;
    });
  }

  /** A text command came. */
  command(connection: Client, line: () => string): void {
    this.#writeEvent('rawcmds', () => `<${connection.id} ${line()}`);
  }

  #writeEvent(kind: WatchKind, text: () => string): void {
    if (this.watchers.wants(kind)) this.watchers.write(kind, text());
  }
}

function classOf(item: Item | undefined): number {
  return (item as Partial<MemoryItem> | undefined)?.slabClass ?? 0;
}

function lengthOf(item: Item | undefined): number {
  return item === undefined ? 0 : item.valueEnd - item.valueStart;
}
