import {
  type BinaryRequest,
  isQuiet,
  isSilent,
  ItemResponse,
  loudOpcode,
  Opcode,
  responses,
  Status,
} from '@wirewright/codec-memcached-binary';

import type { StoreMode } from '../store-mode.ts';
import type { Item, Store, StoreOutcome } from '../store/store.ts';
import type { Client } from './client.ts';
import {
  type CommandCounters,
  type CommandName,
  type CommandTable,
  countStored,
  type MemcachedCounters,
} from './counters.ts';
import { handleBinary, type TellFailure } from './handled.ts';
import type { BinaryHandler, Handlers } from './handlers.ts';
import { plainCredentials, withOutcome } from './login.ts';
import type { Observer } from './observer.ts';
import type { ServerState } from './server-state.ts';
import { Span } from './span.ts';
import type { Stats } from './stats/stats.ts';

/** An exptime of Increment and Decrement with which a counter that is not there is not made. */
const NEVER_MAKE = 0xffff_ffff;

/** What somebody who has not logged in may ask (proto_bin.c, `authenticated`). */
const PUBLIC: ReadonlySet<number> = new Set([Opcode.SaslList, Opcode.SaslAuth, Opcode.SaslStep, Opcode.Version]);

/** The commands that opcodes are counted as. */
const NAMES: Readonly<Record<number, CommandName>> = {
  [Opcode.Get]: 'get',
  [Opcode.GetK]: 'get',
  [Opcode.Gat]: 'gat',
  [Opcode.GatK]: 'gat',
  [Opcode.Set]: 'set',
  [Opcode.Add]: 'add',
  [Opcode.Replace]: 'replace',
  [Opcode.Append]: 'append',
  [Opcode.Prepend]: 'prepend',
  [Opcode.Delete]: 'delete',
  [Opcode.Increment]: 'incr',
  [Opcode.Decrement]: 'decr',
  [Opcode.Touch]: 'touch',
  [Opcode.Flush]: 'flush_all',
  [Opcode.Noop]: 'mn',
  [Opcode.Stat]: 'stats',
  [Opcode.Version]: 'version',
  [Opcode.Verbosity]: 'verbosity',
  [Opcode.Quit]: 'quit',
};

/** Answers the requests of the binary protocol from the store (proto_bin.c). */
export class BinaryService {
  readonly #state: ServerState;
  readonly #store: Store;
  readonly #counters: MemcachedCounters;
  readonly #observer: Observer;
  readonly #stats: Stats;
  readonly #hit = new ItemResponse();
  readonly #key = new Span();
  readonly #value = new Span();
  /** The counters of each opcode. */
  readonly #commands: readonly CommandCounters[];
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the user keeps with connections
  readonly #handlers: Handlers<any>;
  readonly #fail: TellFailure;
  readonly #needsLogin: boolean;
  readonly #loggedIn = new WeakSet<Client>();

  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the user keeps with connections
  constructor(state: ServerState, handlers: Handlers<any>, fail: TellFailure, stats: Stats) {
    this.#handlers = handlers;
    this.#fail = fail;
    this.#state = state;
    this.#needsLogin = state.settings.login !== undefined;
    this.#store = state.store;
    this.#counters = state.counters;
    this.#observer = state.observer;
    this.#stats = stats;
    this.#commands = byOpcode(state.commands);
  }

  /** Answers a request. What it returns, if it is a promise, the next request waits for. */
  answer(connection: Client, request: BinaryRequest): unknown {
    const { opcode, problem } = request;
    const command = this.#commands[opcode]!;
    command.operations++;
    command.bytesIn += request.end - request.start;
    if (this.#needsLogin && !PUBLIC.has(opcode) && !this.#loggedIn.has(connection))
      return this.#refuse(connection, request, Status.AuthError, true);
    const handler = this.#handlers.ofBinary(opcode);
    // Of an opcode that only the handler knows, to be unknown is no error.
    if (handler !== undefined && (problem === undefined || problem.code === 'unknown-command'))
      return handleBinary(connection, request, handler as BinaryHandler, this.#fail);
    // Clients know it, memcached does not, whatever comes with it.
    if (opcode === Opcode.Verbosity) return this.#refuse(connection, request, Status.UnknownCommand);
    if (problem !== undefined) {
      if (problem.code === 'too-large') this.#dropTooLarge(request);
      return this.#refuse(connection, request, problem.status, problem.fatal);
    }
    switch (opcode) {
      case Opcode.Get:
      case Opcode.GetQ:
      case Opcode.GetK:
      case Opcode.GetKQ:
        return this.#get(connection, request, command);
      case Opcode.Set:
      case Opcode.SetQ:
        return this.#write(connection, request, 'set', command);
      case Opcode.Add:
      case Opcode.AddQ:
        return this.#write(connection, request, 'add', command);
      case Opcode.Replace:
      case Opcode.ReplaceQ:
        return this.#write(connection, request, 'replace', command);
      case Opcode.Append:
      case Opcode.AppendQ:
        return this.#write(connection, request, 'append', command);
      case Opcode.Prepend:
      case Opcode.PrependQ:
        return this.#write(connection, request, 'prepend', command);
      case Opcode.Delete:
      case Opcode.DeleteQ:
        return this.#delete(connection, request, command);
      case Opcode.Increment:
      case Opcode.IncrementQ:
        return this.#count(connection, request, true, command);
      case Opcode.Decrement:
      case Opcode.DecrementQ:
        return this.#count(connection, request, false, command);
      case Opcode.Touch:
      case Opcode.Gat:
      case Opcode.GatQ:
      case Opcode.GatK:
      case Opcode.GatKQ:
        return this.#touch(connection, request, command);
      default:
        return this.#rest(connection, request);
    }
  }

  /** What is about the server, not about items. */
  #rest(connection: Client, request: BinaryRequest): unknown {
    switch (loudOpcode(request.opcode)) {
      case Opcode.Noop:
        connection.send(responses.success(request));
        return undefined;
      case Opcode.Version:
        connection.send(responses.text(request, this.#state.version));
        return undefined;
      case Opcode.Quit:
        if (!isQuiet(request.opcode)) connection.send(responses.success(request));
        void connection.close();
        return undefined;
      case Opcode.Flush:
        return this.#flush(connection, request);
      case Opcode.Stat:
        return this.#stat(connection, request);
      case Opcode.SaslList:
      case Opcode.SaslAuth:
      case Opcode.SaslStep:
        return this.#authenticate(connection, request);
      default:
        return this.#refuse(connection, request, Status.UnknownCommand);
    }
  }

  // ---------------------------------------------------------------- items

  #get(connection: Client, request: BinaryRequest, command: CommandCounters): void {
    const key = this.#key.at(request.source, request.keyStart(), request.valueStart());
    const item = this.#store.get(key);
    this.#counters.cmdGet++;
    if (this.#observer.active) this.#observer.get(connection, key, item);
    if (item === undefined) {
      this.#counters.getMisses++;
      this.#miss(connection, request);
      return;
    }
    this.#counters.getHits++;
    this.#sendItem(connection, request, item, command);
  }

  #touch(connection: Client, request: BinaryRequest, command: CommandCounters): void {
    const key = this.#key.at(request.source, request.keyStart(), request.valueStart());
    const item = this.#store.touch(key, request.exptime);
    this.#counters.cmdTouch++;
    if (this.#observer.active) this.#observer.get(connection, key, item);
    if (item === undefined) {
      this.#counters.touchMisses++;
      this.#miss(connection, request);
      return;
    }
    this.#counters.touchHits++;
    if (request.opcode !== Opcode.Touch) {
      this.#sendItem(connection, request, item, command);
      return;
    }
    command.hits++;
    connection.send(responses.touched(request, item.flags, item));
  }

  #sendItem(connection: Client, request: BinaryRequest, item: Item, command: CommandCounters): void {
    command.hits++;
    command.bytesOut += item.valueEnd - item.valueStart;
    connection.send(this.#hit.hit(request, item));
  }

  #miss(connection: Client, request: BinaryRequest): void {
    if (!isSilent(request.opcode, Status.KeyNotFound)) connection.send(responses.miss(request));
  }

  #write(connection: Client, request: BinaryRequest, mode: StoreMode, command: CommandCounters): void {
    const { source } = request;
    const valueStart = request.valueStart();
    const key = this.#key.at(source, request.keyStart(), valueStart);
    const value = this.#value.at(source, valueStart, request.end);
    const conditions = request.hasCas ? { cas: request.cas } : undefined;
    const extending = mode === 'append' || mode === 'prepend';
    // With a cas, whichever of them it is is a cas.
    const effective = conditions !== undefined && !extending ? 'cas' : mode;
    if (this.#observer.active) this.#observer.look(connection, key);
    const outcome = this.#store.store(effective, key, request.flags, request.exptime, value, conditions);
    if (this.#observer.active)
      this.#observer.store(connection, effective, key, outcome, request.exptime, value.end - value.start);
    countStored(this.#counters, command, effective, outcome);
    if (outcome !== 'stored') {
      this.#refuse(connection, request, refusal(effective, outcome));
      return;
    }
    if (!isQuiet(request.opcode)) connection.send(responses.success(request, this.#store.lastCas));
  }

  #delete(connection: Client, request: BinaryRequest, command: CommandCounters): void {
    const key = this.#key.at(request.source, request.keyStart(), request.valueStart());
    if (this.#observer.active) this.#observer.look(connection, key);
    const outcome = this.#store.delete(key, request.hasCas ? { cas: request.cas } : undefined);
    if (this.#observer.active) this.#observer.delete(connection, key, outcome === 'deleted');
    if (outcome === 'deleted') {
      command.hits++;
      this.#counters.deleteHits++;
      if (!isQuiet(request.opcode)) connection.send(responses.success(request));
    } else {
      if (outcome === 'not-found') this.#counters.deleteMisses++;
      this.#refuse(connection, request, outcome === 'exists' ? Status.KeyExists : Status.KeyNotFound);
    }
  }

  #count(connection: Client, request: BinaryRequest, up: boolean, command: CommandCounters): void {
    const store = this.#store;
    const key = this.#key.at(request.source, request.keyStart(), request.valueStart());
    const { exptime } = request;
    if (this.#observer.active) this.#observer.look(connection, key);
    let outcome = store.arithmetic(key, request.delta, up, request.hasCas ? { cas: request.cas } : undefined);
    if (outcome === 'not-found' && exptime !== NEVER_MAKE) {
      const { initial } = request;
      outcome =
        store.store('add', key, 0, exptime, this.#value.of(String(initial))) === 'stored' ? initial : 'out-of-memory';
    } else if (outcome === 'not-found') {
      if (up) this.#counters.incrMisses++;
      else this.#counters.decrMisses++;
    } else if (typeof outcome === 'bigint') {
      if (up) this.#counters.incrHits++;
      else this.#counters.decrHits++;
    }
    if (typeof outcome === 'bigint') {
      command.hits++;
      if (!isQuiet(request.opcode)) connection.send(responses.counter(request, outcome, store.lastCas));
      return;
    }
    this.#refuse(connection, request, ARITHMETIC_REFUSALS[outcome]);
  }

  // ---------------------------------------------------------------- the server

  #flush(connection: Client, request: BinaryRequest): void {
    if (!this.#state.settings.allowFlush) {
      this.#refuse(connection, request, Status.AuthError);
      return;
    }
    this.#counters.cmdFlush++;
    this.#store.flush(request.exptime);
    if (!isQuiet(request.opcode)) connection.send(responses.success(request));
  }

  #stat(connection: Client, request: BinaryRequest): unknown {
    const argument = request.latin1Key;
    if (argument === 'sizes') return this.#statLater(connection, request);
    if (argument === 'reset') {
      this.#stats.reset();
    } else if (argument.startsWith('detail ')) {
      const lines = this.#stats.details(argument.slice('detail '.length));
      if (lines === undefined) return this.#refuse(connection, request, Status.KeyNotFound);
      if (argument === 'detail dump')
        connection.send(responses.stat(request, 'detailed', lines.map((line) => `${line}\r\n`).join('')));
    } else {
      const stats = this.#stats.list(argument);
      if (stats === undefined) return this.#refuse(connection, request, Status.KeyNotFound);
      for (const [name, value] of stats) connection.send(responses.stat(request, name, String(value)));
    }
    connection.send(responses.success(request));
    return undefined;
  }

  async #statLater(connection: Client, request: BinaryRequest): Promise<void> {
    const stats = await this.#stats.sizes();
    for (const [name, value] of stats) connection.send(responses.stat(request, name, String(value)));
    connection.send(responses.success(request));
  }

  #authenticate(connection: Client, request: BinaryRequest): unknown {
    const { login } = this.#state.settings;
    if (login === undefined) return this.#refuse(connection, request, Status.UnknownCommand);
    if (request.opcode === Opcode.SaslList) {
      connection.send(responses.text(request, 'PLAIN'));
      return undefined;
    }
    this.#counters.authCmds++;
    // PLAIN has one step: whoever takes another has lost his way.
    const plain = request.opcode === Opcode.SaslAuth && request.latin1Key === 'PLAIN';
    const credentials = plain ? plainCredentials(request.value) : undefined;
    if (credentials === undefined) {
      this.#counters.authErrors++;
      return this.#refuse(connection, request, Status.AuthError);
    }
    return withOutcome(login(credentials.user, credentials.password), (good) => {
      if (good) {
        this.#loggedIn.add(connection);
        connection.send(responses.authenticated(request));
      } else {
        this.#counters.authErrors++;
        this.#loggedIn.delete(connection);
        this.#refuse(connection, request, Status.AuthError);
      }
    });
  }

  /** The client thinks that a value was replaced which was too large, so the old one must not be served any more. */
  #dropTooLarge(request: BinaryRequest): void {
    this.#counters.storeTooLarge++;
    if (loudOpcode(request.opcode) === Opcode.Set)
      this.#store.delete(this.#key.at(request.source, request.keyStart(), request.valueStart()));
  }

  #refuse(connection: Client, request: BinaryRequest, status: number, fatal: boolean = false): void {
    this.#commands[request.opcode]!.errors++;
    if (!isSilent(request.opcode, status)) connection.send(responses.failure(request, status));
    if (fatal) void connection.close();
  }
}

const ARITHMETIC_REFUSALS = {
  'not-found': Status.KeyNotFound,
  exists: Status.KeyExists,
  'non-numeric': Status.NonNumeric,
  'out-of-memory': Status.OutOfMemory,
} as const;

/** The status of what was not stored. */
function refusal(mode: StoreMode, outcome: Exclude<StoreOutcome, 'stored'>): number {
  switch (outcome) {
    case 'exists':
      return Status.KeyExists;
    case 'not-found':
      return Status.KeyNotFound;
    case 'too-large':
      return Status.TooLarge;
    case 'out-of-memory':
      return Status.OutOfMemory;
    case 'not-stored':
      break;
  }
  if (mode === 'add') return Status.KeyExists;
  return mode === 'replace' ? Status.KeyNotFound : Status.NotStored;
}

function byOpcode(commands: CommandTable): CommandCounters[] {
  return Array.from({ length: 256 }, (_, opcode) => commands[NAMES[loudOpcode(opcode)] ?? 'other']);
}
