import type { StoreMode } from '../store-mode.ts';
import type { StoreOutcome } from '../store/store.ts';

/** What a server has done so far, in the words of memcached's `stats`. */
export interface MemcachedCounters {
  /** Keys that were asked for. */
  cmdGet: number;
  /** Values that came to be stored. */
  cmdSet: number;
  /** `flush_all`. */
  cmdFlush: number;
  /** `touch`, `gat`, and meta commands that set when an item expires. */
  cmdTouch: number;
  /** Meta commands. */
  cmdMeta: number;
  /** Keys that were asked for and there. */
  getHits: number;
  /** Keys that were asked for and not there. */
  getMisses: number;
  /** Items that were deleted. */
  deleteHits: number;
  /** Keys that were to be deleted and not there. */
  deleteMisses: number;
  /** Counters that were added to. */
  incrHits: number;
  /** Counters that were to be added to and not there. */
  incrMisses: number;
  /** Counters that were taken away from. */
  decrHits: number;
  /** Counters that were to be taken away from and not there. */
  decrMisses: number;
  /** Of `cas`, those that stored. */
  casHits: number;
  /** Of `cas`, those whose key was not there. */
  casMisses: number;
  /** Of `cas`, those that came with another cas than the item has. */
  casBadval: number;
  /** Items that were touched. */
  touchHits: number;
  /** Keys that were to be touched and not there. */
  touchMisses: number;
  /** Values that were larger than an item may be. */
  storeTooLarge: number;
  /** Values that there was no room for. */
  storeNoMemory: number;
  /** Attempts to log in. */
  authCmds: number;
  /** Attempts to log in that failed. */
  authErrors: number;
}

export function memcachedCounters(): MemcachedCounters {
  return {
    cmdGet: 0,
    cmdSet: 0,
    cmdFlush: 0,
    cmdTouch: 0,
    cmdMeta: 0,
    getHits: 0,
    getMisses: 0,
    deleteHits: 0,
    deleteMisses: 0,
    incrHits: 0,
    incrMisses: 0,
    decrHits: 0,
    decrMisses: 0,
    casHits: 0,
    casMisses: 0,
    casBadval: 0,
    touchHits: 0,
    touchMisses: 0,
    storeTooLarge: 0,
    storeNoMemory: 0,
    authCmds: 0,
    authErrors: 0,
  };
}

/** What there was of one command. */
export interface CommandCounters {
  /** Times that it came. */
  operations: number;
  /** Keys that were there. */
  hits: number;
  /** Times that it was refused: malformed, too large, not allowed. */
  errors: number;
  /** Bytes of its requests. */
  bytesIn: number;
  /** Bytes of the items in answers to it. */
  bytesOut: number;
}

function commandCounters(): CommandCounters {
  return { operations: 0, hits: 0, errors: 0, bytesIn: 0, bytesOut: 0 };
}

/** The commands that are counted each by its own; `other` are all others. The opcodes of the binary protocol count as the commands that do the same. */
const COMMAND_NAMES = [
  'get',
  'gets',
  'gat',
  'gats',
  'set',
  'add',
  'replace',
  'append',
  'prepend',
  'cas',
  'delete',
  'incr',
  'decr',
  'touch',
  'mg',
  'ms',
  'md',
  'ma',
  'mn',
  'me',
  'flush_all',
  'stats',
  'version',
  'verbosity',
  'quit',
  'other',
] as const;

/** A command of the text protocol, or the one that an opcode stands for; `other` for what is rare or unknown. */
export type CommandName = (typeof COMMAND_NAMES)[number];

/** The counters of all commands, by name. */
export type CommandTable = Readonly<Record<CommandName, CommandCounters>>;

/** The table as it is at the moment. */
export function copyOfTable(table: CommandTable): CommandTable {
  return Object.fromEntries(Object.entries(table).map(([name, counters]) => [name, { ...counters }])) as CommandTable;
}

export function commandTable(): CommandTable {
  return Object.fromEntries(COMMAND_NAMES.map((name) => [name, commandCounters()])) as CommandTable;
}

/** Counts a command that stores, and what it came to. */
export function countStored(
  counters: MemcachedCounters,
  command: CommandCounters,
  mode: StoreMode,
  outcome: StoreOutcome,
): void {
  counters.cmdSet++;
  if (outcome === 'stored') command.hits++;
  else if (outcome === 'too-large') counters.storeTooLarge++;
  else if (outcome === 'out-of-memory') counters.storeNoMemory++;
  if (mode !== 'cas') return;
  if (outcome === 'stored') counters.casHits++;
  else if (outcome === 'exists') counters.casBadval++;
  else if (outcome === 'not-found') counters.casMisses++;
}
