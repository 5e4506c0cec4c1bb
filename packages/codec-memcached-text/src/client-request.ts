import type { ByteView, FrameBody } from '@wirewright/core/codec';

import type { MetaRequest } from './meta-request.ts';
import type { Uint64 } from './numbers.ts';
import type { GetOp, StoreOp } from './ops.ts';
import type { Request } from './request.ts';

/** A key: text, which is sent as utf-8, or bytes. 1 to 250 bytes, and neither spaces nor control characters among them. */
export type Key = string | Uint8Array | ByteView;

/** Asks for items. */
export interface GetFields {
  /** `gets` answers with the cas, too. */
  readonly op: Exclude<GetOp, 'gat' | 'gats'>;
  /** One key, or several in one command. Those that are there are answered with `VALUE`, and `END` comes behind them. */
  readonly key: Key | readonly Key[];
}

/** Asks for items, and has them live longer. */
export interface GetAndTouchFields {
  /** `gats` answers with the cas, too. */
  readonly op: 'gat' | 'gats';
  /** One key, or several in one command. */
  readonly key: Key | readonly Key[];
  /** Seconds from now, or above 30 days a Unix time; 0 is for ever. */
  readonly exptime: number;
}

/** Stores an item, if what there is under its key is what the command asks for; `append` and `prepend` add to what there is. */
export interface StoreFields {
  /** Which: `set`, `add`, `replace`, `append`, `prepend` or `cas`. */
  readonly op: StoreOp;
  /** The key of the item. */
  readonly key: Key;
  /** Text is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly value: FrameBody;
  /** The client's flags, 32 bits. Default 0. */
  readonly flags?: number | undefined;
  /** Seconds from now, or above 30 days a Unix time. Default 0, for ever. */
  readonly exptime?: number | undefined;
  /** Of `cas`, which must have it. */
  readonly cas?: Uint64 | undefined;
  /** Nothing is answered. */
  readonly noreply?: boolean | undefined;
}

/** Deletes an item. */
export interface DeleteFields {
  readonly op: 'delete';
  /** The key of the item. */
  readonly key: Key;
  /** Nothing is answered. Default false. */
  readonly noreply?: boolean | undefined;
}

/** Adds to a counter, or takes away from it: an item whose value is a decimal number below 2^64. */
export interface CountFields {
  /** `incr` goes on at 0 behind 2^64 - 1; `decr` stops at 0. */
  readonly op: 'incr' | 'decr';
  /** The key of the counter, which has to be there. */
  readonly key: Key;
  /** By how much. */
  readonly delta: Uint64;
  /** Nothing is answered. Default false. */
  readonly noreply?: boolean | undefined;
}

/** Has an item live longer, or shorter. */
export interface TouchFields {
  readonly op: 'touch';
  /** The key of the item. */
  readonly key: Key;
  /** Seconds from now, or above 30 days a Unix time; 0 is for ever. */
  readonly exptime: number;
  /** Nothing is answered. Default false. */
  readonly noreply?: boolean | undefined;
}

/** Invalidates all items. */
export interface FlushFields {
  readonly op: 'flush_all';
  /** Seconds until it happens. */
  readonly exptime?: number | undefined;
  /** Nothing is answered. Default false. */
  readonly noreply?: boolean | undefined;
}

/** Lines that are nothing but the word. */
export interface PlainFields {
  /** `mn` is answered `MN` behind all that meta commands before it are answered; to `quit` the server closes. */
  readonly op: 'version' | 'quit' | 'mn';
}

/** Any other line, its words apart: `['stats', 'items']`, `['lru_crawler', 'metadump', 'all']`. */
export interface CommandFields {
  /** `command` stands for any name; with `stats` and `verbosity`, that is the first token, too. */
  readonly op: 'command' | 'stats' | 'verbosity';
  /** The words of the line, from the command on; they are joined by spaces. */
  readonly tokens: readonly string[];
}

/**
 * Flags of a meta command: those with `true` alone, the others with what stands behind the letter; or as text, `'v t O123'`. They are sent in
 * that order.
 */
export type MetaFlags = string | Readonly<Record<string, true | string | Uint64>>;

/** A meta command without a value. */
export interface MetaFields {
  /** `mg` gets, `md` deletes, `ma` counts, `me` tells what the server knows of an item. */
  readonly op: 'mg' | 'md' | 'ma' | 'me';
  /** The key of the item. */
  readonly key: Key;
  /** What is asked for, and how. Default none. */
  readonly flags?: MetaFlags | undefined;
  /** Whether the key is sent in base64, so that it may be any bytes; flag `b` comes along. */
  readonly base64?: boolean | undefined;
}

/** Stores an item by a meta command. */
export interface MetaStoreFields {
  readonly op: 'ms';
  /** The key of the item. */
  readonly key: Key;
  /** Text is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly value: FrameBody;
  /** How it is stored, and what the answer has. Default none. */
  readonly flags?: MetaFlags | undefined;
  /** Whether the key is sent in base64, so that it may be any bytes; flag `b` comes along. */
  readonly base64?: boolean | undefined;
}

/** What a client sends, as an object by its `op`. A request that was received is one, too, and leaves as it came. */
export type ClientRequest =
  | GetFields
  | GetAndTouchFields
  | StoreFields
  | DeleteFields
  | CountFields
  | TouchFields
  | FlushFields
  | PlainFields
  | CommandFields
  | MetaFields
  | MetaStoreFields
  | Request
  | MetaRequest;
