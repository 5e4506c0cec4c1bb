import {
  ItemReplies,
  ItemReply,
  type MetaRequest,
  type Request,
  type ServerReply,
} from '@wirewright/codec-memcached-text';
import { readLatin1 } from '@wirewright/core/codec';

import type { StoreMode } from '../store-mode.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Item, Store, StoreOutcome } from '../store/store.ts';
import type { AdminCommands } from './admin-commands.ts';
import type { Client } from './client.ts';
import { type CommandCounters, type CommandTable, countStored, type MemcachedCounters } from './counters.ts';
import { handleText, type TellFailure } from './handled.ts';
import type { Handlers } from './handlers.ts';
import type { MetaService } from './meta-service.ts';
import type { Observer } from './observer.ts';
import type { ServerState } from './server-state.ts';
import { Span } from './span.ts';

const STORE_ANSWERS: Readonly<Record<StoreOutcome, string>> = {
  stored: 'STORED',
  'not-stored': 'NOT_STORED',
  exists: 'EXISTS',
  'not-found': 'NOT_FOUND',
  'too-large': 'SERVER_ERROR object too large for cache',
  'out-of-memory': 'SERVER_ERROR out of memory storing object',
};

/** Of many items so many bytes are sent before the server looks whether the client takes them. */
const AT_ONCE = 16 * 1024;

/** A request for many items that is being answered. */
interface ManyItems {
  readonly connection: Client;
  readonly request: Request;
  readonly command: CommandCounters;
  /** What its `bytesOut` comes to when enough was sent for now. */
  until: number;
  /** Whether all keys were looked for. */
  over: boolean;
  /** Whether the answer has ended with the last of them. */
  ended: boolean;
}

/** Answers the commands of the text protocol from the store. */
export class TextService {
  readonly #store: Store;
  readonly #counters: MemcachedCounters;
  readonly #commands: CommandTable;
  readonly #observer: Observer;
  readonly #meta: MetaService;
  readonly #admin: AdminCommands;
  readonly #reply = new ItemReply();
  readonly #key = new Span();
  readonly #value = new Span();
  /** Whether a store of somebody else is asked, which may do whatever it likes, also what cannot be done while a message is written. */
  readonly #foreign: boolean;
  #many: ManyItems | undefined = undefined;
  readonly #replies = new ItemReplies(() => this.#nextItem(this.#many!));

  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the user keeps with connections
  readonly #handlers: Handlers<any>;
  readonly #fail: TellFailure;

  constructor(
    state: ServerState,
    // oxlint-disable-next-line typescript/no-explicit-any -- whatever the user keeps with connections
    handlers: Handlers<any>,
    fail: TellFailure,
    meta: MetaService,
    admin: AdminCommands,
  ) {
    this.#handlers = handlers;
    this.#fail = fail;
    this.#store = state.store;
    this.#foreign = !(state.store instanceof MemoryStore);
    this.#counters = state.counters;
    this.#commands = state.commands;
    this.#observer = state.observer;
    this.#meta = meta;
    this.#admin = admin;
  }

  /** Answers a request. What it returns, if it is a promise, the next request waits for. */
  answer(connection: Client, request: Request | MetaRequest): unknown {
    if (this.#observer.active)
      this.#observer.command(connection, () => readLatin1(request.source, request.start, request.lineEnd));
    const handler = this.#handlers.ofText(request);
    // Of a command that only the handler knows, to be unknown is no error.
    if (handler !== undefined && (request.error === undefined || request.op === 'command'))
      return handleText(connection, request, handler, this.#fail);
    if (request.error !== undefined) return this.#refuse(connection, request, request.error);
    switch (request.op) {
      case 'get':
        return this.#get(connection, request, this.#commands.get);
      case 'gets':
        return this.#get(connection, request, this.#commands.gets);
      case 'gat':
        return this.#get(connection, request, this.#commands.gat);
      case 'gats':
        return this.#get(connection, request, this.#commands.gats);
      case 'set':
        return this.#write(connection, request, 'set', this.#commands.set);
      case 'add':
      case 'replace':
      case 'append':
      case 'prepend':
      case 'cas':
        return this.#write(connection, request, request.op, this.#commands[request.op]);
      case 'mg':
      case 'ms':
      case 'md':
      case 'ma':
      case 'mn':
      case 'me':
        return this.#meta.answer(connection, request);
      case 'delete':
        return this.#delete(connection, request);
      case 'incr':
        return this.#count(connection, request, true);
      case 'decr':
        return this.#count(connection, request, false);
      case 'touch':
        return this.#touch(connection, request);
      case 'close':
        return this.#close(connection);
      case 'flush_all':
      case 'verbosity':
      case 'version':
      case 'stats':
      case 'quit':
      case 'command':
        break;
    }
    return this.#admin.answer(connection, request);
  }

  /** Answers all that ask for items, of one key or many. */
  #get(connection: Client, request: Request, command: CommandCounters): Promise<void> | undefined {
    command.operations++;
    command.bytesIn += request.end - request.start;
    const { keyStart, keyEnd, lineEnd } = request;
    if (keyEnd !== lineEnd) return this.#sendItems(connection, request, command);
    // `gat 10` names no key.
    const reply = keyEnd > keyStart ? this.#itemReply(connection, request, command) : undefined;
    connection.send(reply ?? 'END');
    return undefined;
  }

  /** Sends the items from the key on that the request is at; waits in between while the client takes less than there is. */
  #sendItems(connection: Client, request: Request, command: CommandCounters): Promise<void> | undefined {
    const many: ManyItems = { connection, request, command, until: 0, over: false, ended: false };
    this.#many = many;
    let ready = true;
    while (ready && !many.over) {
      many.until = command.bytesOut + AT_ONCE;
      // Those who watch are told of each item, and cannot be while a message is written.
      const message = this.#observer.active || this.#foreign ? this.#nextItem(many) : this.#replies;
      ready = message === undefined || connection.send(message);
    }
    // Neither the connection nor what it has read is to be kept for the next one.
    this.#many = undefined;
    if (!many.over) return connection.writable ? this.#goOn(connection, request, command) : undefined;
    if (!many.ended) connection.send('END');
    return undefined;
  }

  /** The next item of many; `undefined` when there are no more, or enough for now. */
  #nextItem(many: ManyItems): ItemReply | undefined {
    const { connection, request, command } = many;
    while (!many.over && command.bytesOut < many.until) {
      const last = request.keyEnd === request.lineEnd;
      const reply = this.#itemReply(connection, request, command);
      // Nearly always nothing stands behind the last key.
      many.over = last || !request.nextKey();
      if (reply !== undefined) {
        many.ended = last;
        return reply;
      }
    }
    return undefined;
  }

  /** What is sent of the item with the key that the request is at. */
  #itemReply(connection: Client, request: Request, command: CommandCounters): ItemReply | undefined {
    const { op, keyEnd } = request;
    const key = this.#key.at(request.source, request.keyStart, keyEnd);
    const touches = op === 'gat' || op === 'gats';
    const item = touches ? this.#touched(key, request.exptime) : this.#fetched(key);
    if (this.#observer.active) this.#observer.get(connection, key, item);
    if (item === undefined) return undefined;
    command.hits++;
    command.bytesOut += item.wireEnd - item.wireStart;
    const last = keyEnd === request.lineEnd;
    return op === 'gets' || op === 'gats' ? this.#reply.valueAndCas(item, last) : this.#reply.value(item, last);
  }

  async #goOn(connection: Client, request: Request, command: CommandCounters): Promise<void> {
    try {
      await connection.drained();
    } catch {
      // It is gone, and nobody waits for the rest.
      return;
    }
    await this.#sendItems(connection, request, command);
  }

  #fetched(key: Span): Item | undefined {
    const item = this.#store.get(key);
    this.#counters.cmdGet++;
    if (item === undefined) this.#counters.getMisses++;
    else this.#counters.getHits++;
    return item;
  }

  #touched(key: Span, exptime: number): Item | undefined {
    const item = this.#store.touch(key, exptime);
    this.#counters.cmdTouch++;
    if (item === undefined) this.#counters.touchMisses++;
    else this.#counters.touchHits++;
    return item;
  }

  #write(connection: Client, request: Request, mode: StoreMode, command: CommandCounters): void {
    const { source, flags, exptime } = request;
    const key = this.#key.at(source, request.keyStart, request.keyEnd);
    const value = this.#value.at(source, request.valueStart, request.valueEnd);
    command.operations++;
    command.bytesIn += request.end - request.start;
    if (this.#observer.active) this.#observer.look(connection, key);
    const outcome =
      mode === 'cas'
        ? this.#store.store(mode, key, flags, exptime, value, { cas: BigInt(request.cas) })
        : this.#store.store(mode, key, flags, exptime, value);
    countStored(this.#counters, command, mode, outcome);
    if (this.#observer.active)
      this.#observer.store(connection, mode, key, outcome, Math.max(0, exptime), value.end - value.start);
    if (!request.noreply) connection.send(STORE_ANSWERS[outcome]);
  }

  #delete(connection: Client, request: Request): void {
    const command = this.#commands.delete;
    const key = this.#key.at(request.source, request.keyStart, request.keyEnd);
    command.operations++;
    command.bytesIn += request.end - request.start;
    if (this.#observer.active) this.#observer.look(connection, key);
    const deleted = this.#store.delete(key) === 'deleted';
    if (deleted) {
      command.hits++;
      this.#counters.deleteHits++;
    } else {
      this.#counters.deleteMisses++;
    }
    if (this.#observer.active) this.#observer.delete(connection, key, deleted);
    send(connection, request, deleted ? 'DELETED' : 'NOT_FOUND');
  }

  #count(connection: Client, request: Request, up: boolean): void {
    const command = up ? this.#commands.incr : this.#commands.decr;
    const key = this.#key.at(request.source, request.keyStart, request.keyEnd);
    command.operations++;
    command.bytesIn += request.end - request.start;
    if (this.#observer.active) this.#observer.look(connection, key);
    const outcome = this.#store.arithmetic(key, BigInt(request.delta), up);
    if (outcome === 'not-found') {
      if (up) this.#counters.incrMisses++;
      else this.#counters.decrMisses++;
      send(connection, request, 'NOT_FOUND');
    } else if (typeof outcome === 'bigint') {
      command.hits++;
      if (up) this.#counters.incrHits++;
      else this.#counters.decrHits++;
      send(connection, request, String(outcome));
    } else {
      command.errors++;
      send(
        connection,
        request,
        outcome === 'non-numeric'
          ? 'CLIENT_ERROR cannot increment or decrement non-numeric value'
          : 'SERVER_ERROR out of memory',
      );
    }
  }

  #touch(connection: Client, request: Request): void {
    const command = this.#commands.touch;
    const key = this.#key.at(request.source, request.keyStart, request.keyEnd);
    command.operations++;
    command.bytesIn += request.end - request.start;
    if (this.#observer.active) this.#observer.look(connection, key);
    this.#counters.cmdTouch++;
    const item = this.#store.touch(key, request.exptime);
    if (item === undefined) {
      this.#counters.touchMisses++;
    } else {
      command.hits++;
      this.#counters.touchHits++;
    }
    send(connection, request, item === undefined ? 'NOT_FOUND' : 'TOUCHED');
  }

  /** Answers what is malformed, or too large, with what is wrong. */
  #refuse(connection: Client, request: Request | MetaRequest, error: string): void {
    const { op, tooLarge } = request;
    const command = op === 'command' || op === 'close' ? this.#commands.other : this.#commands[op];
    command.operations++;
    command.errors++;
    command.bytesIn += request.end - request.start;
    if (tooLarge) {
      this.#counters.storeTooLarge++;
      // The client thinks that the old value was replaced, so it must not be served any more.
      if (op === 'set' || op === 'ms') {
        const { keyBytes } = request;
        this.#store.delete(this.#key.at(keyBytes, 0, keyBytes.length));
      }
    } else if (request.valueStart > request.start) {
      // A value came, if not a good one.
      this.#counters.cmdSet++;
    }
    if (!request.noreply) connection.send(error);
  }

  #close(connection: Client): void {
    this.#commands.other.operations++;
    void connection.close();
  }
}

function send(connection: Client, request: Request, answer: ServerReply): void {
  if (!request.noreply) connection.send(answer);
}
