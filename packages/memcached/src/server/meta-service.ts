import { Buffer } from 'node:buffer';

import { ItemReply, metaFlags, metaFlagSet, type MetaRequest } from '@wirewright/codec-memcached-text';

import type { StoreMode } from '../store-mode.ts';
import type { MemoryItem } from '../store/memory-item.ts';
import type { Item, Store, StoreOutcome } from '../store/store.ts';
import { casOf } from './cas-of.ts';
import type { Client } from './client.ts';
import { type CommandTable, countStored, type MemcachedCounters } from './counters.ts';
import type { Observer } from './observer.ts';
import type { ServerState } from './server-state.ts';
import { Span } from './span.ts';

/** Flags of `mg` for which it matters in which order things are done: what they tell, or change, is not the same before and after. */
const ORDERED = metaFlagSet('hltTNRuEC');

const STORE_CODES: Readonly<Record<StoreOutcome, string>> = {
  stored: 'HD',
  'not-stored': 'NS',
  exists: 'EX',
  'not-found': 'NF',
  'too-large': 'SERVER_ERROR object too large for cache',
  'out-of-memory': 'SERVER_ERROR out of memory storing object',
};

/** Answers the meta commands from the store (proto_text.c, `process_mget_command` and the others). */
export class MetaService {
  readonly #store: Store;
  readonly #counters: MemcachedCounters;
  readonly #commands: CommandTable;
  readonly #observer: Observer;
  readonly #compat: string;
  readonly #reply = new ItemReply();
  readonly #key = new Span();
  readonly #value = new Span();

  constructor(state: ServerState) {
    this.#store = state.store;
    this.#counters = state.counters;
    this.#commands = state.commands;
    this.#observer = state.observer;
    this.#compat = state.settings.compat;
  }

  answer(connection: Client, request: MetaRequest): void {
    const command = this.#commands[request.op];
    command.operations++;
    command.bytesIn += request.end - request.start;
    switch (request.op) {
      case 'mg':
        return this.#get(connection, request);
      case 'ms':
        return this.#set(connection, request);
      case 'md':
        return this.#delete(connection, request);
      case 'ma':
        return this.#arithmetic(connection, request);
      case 'mn':
        connection.send('MN');
        return;
      case 'me':
        // The only one that memcached counts.
        this.#counters.cmdMeta++;
        return this.#debug(connection, request);
    }
  }

  // ---------------------------------------------------------------- mg

  #get(connection: Client, request: MetaRequest): void {
    if (request.hasAny(ORDERED)) return this.#getInOrder(connection, request);
    const key = this.#keyOf(request);
    const item = this.#store.get(key);
    this.#counters.cmdGet++;
    if (this.#observer.active) this.#observer.get(connection, key, item, true);
    if (item === undefined) {
      this.#counters.getMisses++;
      this.#miss(connection, request);
      return;
    }
    this.#counters.getHits++;
    const flags = metaFlags(request, item);
    // There is nearly never more to tell.
    if (!item.stale && !item.claimed) {
      this.#hit(connection, request, item, flags);
      return;
    }
    this.#hit(connection, request, item, flags + staleness(item, false));
    // Whoever is the first to get a stale value is to store a new one.
    if (!item.claimed) this.#store.claim(key);
  }

  /** With flags that tell how the item was before, or that change it. */
  #getInOrder(connection: Client, request: MetaRequest): void {
    const store = this.#store;
    const key = this.#keyOf(request);
    const { exptime, vivify, recache, cas } = request;
    let item = store.peek(key);
    if (this.#observer.active) this.#observer.get(connection, key, item, true);
    const created =
      item === undefined && vivify !== undefined && store.store('add', key, 0, 0, this.#value.of('')) === 'stored';
    if (created) item = this.#newCas(key, request);
    if (item === undefined) {
      this.#counters.cmdGet++;
      this.#counters.getMisses++;
      this.#miss(connection, request);
      return;
    }
    // A hit with a new time counts as a touch, a miss as a get.
    if (exptime === undefined) {
      this.#counters.cmdGet++;
      this.#counters.getHits++;
    } else {
      this.#counters.cmdTouch++;
      this.#counters.touchHits++;
    }
    const seen = item;
    let won = false;
    let flags = metaFlags(request, seen, (letter) => {
      if (letter === 'T') store.touch(key, exptime!, false);
      else if (letter === 'N' && created) won = store.touch(key, vivify, false) !== undefined;
      else if (letter === 'R' && !created && !seen.claimed && isDue(seen, recache!)) won = true;
    });
    flags += staleness(seen, won);
    const unchanged = cas !== undefined && BigInt(cas) === casOf(seen);
    const claims = won || (seen.stale && !seen.claimed);
    this.#hit(connection, request, seen, flags, unchanged);
    if (claims) store.claim(key);
    if (!request.has('u')) store.get(key);
  }

  #hit(connection: Client, request: MetaRequest, item: Item, flags: string, unchanged = false): void {
    const command = this.#commands.mg;
    command.hits++;
    if (request.has('v') && !unchanged) {
      command.bytesOut += item.wireEnd - item.valueStart;
      connection.send(this.#reply.meta(item, flags));
    } else {
      connection.send(`HD${flags}`);
    }
  }

  #miss(connection: Client, request: MetaRequest): void {
    if (!request.quiet) connection.send(`EN${metaFlags(request)}`);
  }

  /** An item that was just made, with the cas that was asked for. */
  #newCas(key: Span, { newCas }: MetaRequest): Item | undefined {
    if (newCas !== undefined) this.#store.store('set', key, 0, 0, this.#value.of(''), { newCas: BigInt(newCas) });
    return this.#store.peek(key);
  }

  // ---------------------------------------------------------------- ms

  #set(connection: Client, request: MetaRequest): void {
    const { source, flags = 0, exptime = 0, vivify, cas, newCas } = request;
    const key = this.#keyOf(request);
    const value = this.#value.at(source, request.valueStart, request.valueEnd);
    if (this.#observer.active) this.#observer.look(connection, key);
    const mode = storeMode(request);
    const outcome = this.#store.store(mode, key, flags, exptime, value, {
      cas: cas === undefined || cas === 0 ? undefined : BigInt(cas),
      newCas: newCas === undefined ? undefined : BigInt(newCas),
      stale: request.has('I'),
      vivify,
    });
    countStored(this.#counters, this.#commands.ms, mode, outcome);
    if (this.#observer.active)
      this.#observer.store(connection, mode, key, outcome, Math.max(0, exptime), value.end - value.start, true);
    const code = STORE_CODES[outcome];
    if (outcome === 'too-large' || outcome === 'out-of-memory') connection.send(code);
    else if (outcome !== 'stored' || !request.quiet)
      connection.send(code + this.#storeFlags(request, key, outcome === 'stored'));
  }

  #storeFlags(request: MetaRequest, key: Span, stored: boolean): string {
    if (!request.has('c') && !request.has('s')) return metaFlags(request);
    return metaFlags(request, (stored ? this.#store.peek(key) : undefined) ?? NOTHING);
  }

  // ---------------------------------------------------------------- md

  #delete(connection: Client, request: MetaRequest): void {
    const { cas, newCas, exptime } = request;
    const key = this.#keyOf(request);
    if (this.#observer.active) this.#observer.look(connection, key);
    const outcome = this.#store.delete(key, {
      cas: cas === undefined ? undefined : BigInt(cas),
      newCas: newCas === undefined ? undefined : BigInt(newCas),
      stale: request.has('I') ? (exptime ?? true) : undefined,
      empty: request.has('x'),
    });
    if (outcome === 'deleted') {
      // What stays, marked as stale, was not deleted.
      if (!request.has('I')) this.#counters.deleteHits++;
      this.#commands.md.hits++;
    } else {
      this.#counters.deleteMisses++;
    }
    if (this.#observer.active) this.#observer.delete(connection, key, outcome === 'deleted', true);
    if (outcome === 'deleted' && request.quiet) return;
    const code = outcome === 'deleted' ? 'HD' : outcome === 'exists' ? 'EX' : 'NF';
    connection.send(code + metaFlags(request));
  }

  // ---------------------------------------------------------------- ma

  #arithmetic(connection: Client, request: MetaRequest): void {
    const store = this.#store;
    const { delta, initial, vivify, exptime, cas, newCas, mode = 'I' } = request;
    const key = this.#keyOf(request);
    const up = mode === 'I' || mode === '+';
    if (this.#observer.active) this.#observer.look(connection, key);
    let outcome = store.arithmetic(key, BigInt(delta), up, {
      cas: cas === undefined || cas === 0 ? undefined : BigInt(cas),
      newCas: newCas === undefined ? undefined : BigInt(newCas),
    });
    this.#countArithmetic(outcome, up, vivify !== undefined);
    let created = false;
    if (outcome === 'not-found' && vivify !== undefined) {
      created =
        store.store('add', key, 0, 0, this.#value.of(String(initial)), {
          newCas: newCas === undefined ? undefined : BigInt(newCas),
        }) === 'stored';
      outcome = created ? BigInt(initial) : 'out-of-memory';
    }
    if (typeof outcome !== 'bigint') {
      this.#refuseArithmetic(connection, request, outcome, vivify !== undefined);
      return;
    }
    this.#commands.ma.hits++;
    const flags = metaFlags(request, store.peek(key), (letter) => {
      if (letter === 'T') store.touch(key, exptime!, false);
      else if (letter === 'N' && created) store.touch(key, vivify!, false);
    });
    // What was made is told of, quiet or not.
    if (request.quiet && !created) return;
    if (!request.has('v')) {
      connection.send(`HD${flags}`);
      return;
    }
    const digits = String(outcome);
    connection.send(`VA ${digits.length}${flags}\r\n${digits}`);
  }

  #countArithmetic(outcome: unknown, up: boolean, vivifies: boolean): void {
    if (typeof outcome === 'bigint') {
      if (up) this.#counters.incrHits++;
      else this.#counters.decrHits++;
    } else if (outcome === 'not-found' && !vivifies) {
      if (up) this.#counters.incrMisses++;
      else this.#counters.decrMisses++;
    }
  }

  #refuseArithmetic(connection: Client, request: MetaRequest, outcome: string, vivifies: boolean): void {
    if (outcome === 'not-found') connection.send(`NF${metaFlags(request)}`);
    else if (outcome === 'exists') connection.send(`EX${metaFlags(request)}`);
    else {
      this.#commands.ma.errors++;
      connection.send(
        outcome === 'non-numeric'
          ? 'CLIENT_ERROR cannot increment or decrement non-numeric value'
          : vivifies
            ? 'SERVER_ERROR Out of memory allocating new item'
            : 'SERVER_ERROR out of memory',
      );
    }
  }

  // ---------------------------------------------------------------- me

  #debug(connection: Client, request: MetaRequest): void {
    const key = this.#keyOf(request);
    if (this.#observer.active) this.#observer.look(connection, key);
    const item = this.#store.peek(key);
    if (item === undefined) {
      connection.send('EN');
      return;
    }
    const { ttl, idle, fetched } = item;
    // 1.6.18 has the sign the wrong way round.
    const expires = ttl === -1 || this.#compat !== '1.6.18' ? ttl : -ttl;
    const { slabClass = 0, size = item.valueEnd - item.valueStart } = item as Partial<MemoryItem>;
    // The key as it was sent, whether that was base64 or not.
    const sent = request.source.toString('latin1', request.keyStart, request.keyEnd);
    connection.send(
      `ME ${sent} exp=${expires} la=${idle} cas=${casOf(item)} fetch=${fetched ? 'yes' : 'no'} cls=${slabClass} size=${size}`,
    );
  }

  #keyOf(request: MetaRequest): Span {
    const bytes = request.binaryKey;
    if (bytes === undefined) return this.#key.at(request.source, request.keyStart, request.keyEnd);
    return this.#key.at(bytes, 0, bytes.length);
  }
}

/** Whether somebody should recache an item that has less than `seconds` left. */
function isDue({ ttl }: Item, seconds: number): boolean {
  return ttl !== -1 && ttl < seconds;
}

/** Flags behind those that were asked for: somebody else recaches, the value is stale, it is yours to recache. */
function staleness({ stale, claimed }: Item, won: boolean): string {
  return (claimed ? ' Z' : '') + (stale ? ' X' : '') + (won || (stale && !claimed) ? ' W' : '');
}

function storeMode(request: MetaRequest): StoreMode {
  const { mode = 'S', cas } = request;
  // A cas makes a cas of what would be stored anyway, and is a condition of what is appended.
  if (cas !== undefined && (mode === 'S' || mode === 'R')) return 'cas';
  return STORE_MODES[mode]!;
}

/** What flags tell of an item that was not stored. */
const NOTHING: Item = {
  flags: 0,
  casHigh: 0,
  casLow: 0,
  buffer: Buffer.alloc(0),
  wireStart: 0,
  wireEnd: 2,
  keyStart: 0,
  keyEnd: 0,
  valueStart: 0,
  valueEnd: 0,
  ttl: -1,
  idle: 0,
  fetched: false,
  stale: false,
  claimed: false,
};

/** What the letters of flag `M` mean to `ms`. */
const STORE_MODES: Readonly<Record<string, StoreMode>> = {
  S: 'set',
  E: 'add',
  A: 'append',
  P: 'prepend',
  R: 'replace',
};
