import type { ByteView, FrameBody } from '@wirewright/core/codec';

import type { MetaRequest } from './meta-request.ts';
import type { Uint64 } from './numbers.ts';
import type { GetOp, StoreOp } from './ops.ts';
import type { Request } from './request.ts';

/** A key: text, which is sent as utf-8, or bytes. 1 to 250 bytes, and neither spaces nor control characters among them. */
export type Key = string | Uint8Array | ByteView;

/** Asks for items. */
export interface GetFields {
  readonly op: Exclude<GetOp, 'gat' | 'gats'>;
  readonly key: Key | readonly Key[];
}

/** Asks for items, and has them live longer. */
export interface GetAndTouchFields {
  readonly op: 'gat' | 'gats';
  readonly key: Key | readonly Key[];
  /** Seconds from now, or above 30 days a Unix time; 0 is for ever. */
  readonly exptime: number;
}

/** Stores an item. */
export interface StoreFields {
  readonly op: StoreOp;
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

export interface DeleteFields {
  readonly op: 'delete';
  readonly key: Key;
  readonly noreply?: boolean | undefined;
}

export interface CountFields {
  readonly op: 'incr' | 'decr';
  readonly key: Key;
  readonly delta: Uint64;
  readonly noreply?: boolean | undefined;
}

export interface TouchFields {
  readonly op: 'touch';
  readonly key: Key;
  readonly exptime: number;
  readonly noreply?: boolean | undefined;
}

export interface FlushFields {
  readonly op: 'flush_all';
  /** Seconds until it happens. */
  readonly exptime?: number | undefined;
  readonly noreply?: boolean | undefined;
}

/** Lines that are nothing but the word. */
export interface PlainFields {
  readonly op: 'version' | 'quit' | 'mn';
}

/** Any other line, its words apart: `['stats', 'items']`, `['lru_crawler', 'metadump', 'all']`. */
export interface CommandFields {
  readonly op: 'command' | 'stats' | 'verbosity';
  readonly tokens: readonly string[];
}

/**
 * Flags of a meta command: those with `true` alone, the others with what stands behind the letter; or as text, `'v t O123'`. They are sent in
 * that order.
 */
export type MetaFlags = string | Readonly<Record<string, true | string | Uint64>>;

export interface MetaFields {
  readonly op: 'mg' | 'md' | 'ma' | 'me';
  readonly key: Key;
  readonly flags?: MetaFlags | undefined;
  /** Whether the key is sent in base64, so that it may be any bytes; flag `b` comes along. */
  readonly base64?: boolean | undefined;
}

export interface MetaStoreFields {
  readonly op: 'ms';
  readonly key: Key;
  /** Text is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly value: FrameBody;
  readonly flags?: MetaFlags | undefined;
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
