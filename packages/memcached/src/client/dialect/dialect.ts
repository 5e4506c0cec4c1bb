import type { Uint64 } from '@wirewright/codec-memcached-text';
import type { FrameBody } from '@wirewright/core/codec';

import type { StoreMode } from '../../store-mode.ts';
import type { AnyBatch } from '../batch.ts';
import type { AnyCall } from '../call.ts';
import type { WireKey } from '../keys.ts';

/** A name and a password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What is sent to be stored. */
export interface StoreOrder {
  readonly mode: StoreMode;
  readonly key: WireKey;
  readonly data: FrameBody;
  /** Length of {@link data} in bytes. */
  readonly size: number;
  readonly flags: number;
  readonly exptime: number;
  /** Of mode `cas`. */
  readonly cas: Uint64 | undefined;
  /** Nobody waits for the answer: the form of the command that has none. */
  readonly unanswered: boolean;
}

/** What has become of a command that stores. */
export type Stored = 'stored' | 'not-stored' | 'exists' | 'not-found';

/** By how much a counter changes, and what is made when there is none. */
export interface CountOrder {
  readonly down: boolean;
  readonly delta: Uint64;
  readonly initial: Uint64 | undefined;
  readonly exptime: number;
  readonly unanswered: boolean;
}

/** What the server says of an item that is computed by one of those who ask for it. */
export interface Leased<Out> {
  /** Undefined when there is no item, but a place for one. */
  readonly value: Out | undefined;
  readonly cas: Uint64;
  /** Whether it is the turn of this one to compute the value. */
  readonly won: boolean;
  /** Whether somebody else computes it. */
  readonly taken: boolean;
  /** Whether it is out of date. */
  readonly stale: boolean;
}

/** How commands are put in a protocol, and how its answers are read; one for each server. */
export interface Dialect {
  batch(): AnyBatch;
  get(key: WireKey): AnyCall;
  /** The value with its cas and flags. */
  gets(key: WireKey): AnyCall;
  getAndTouch(key: WireKey, exptime: number): AnyCall;
  touch(key: WireKey, exptime: number, unanswered: boolean): AnyCall;
  /** Resolves with {@link Stored}, or what `result` makes of it. */
  store(order: StoreOrder, result: (stored: Stored) => unknown): AnyCall;
  /** Resolves with whether there was one; with `cas` only that one is deleted. */
  delete(key: WireKey, unanswered: boolean, cas?: Uint64): AnyCall;
  /** Resolves with what the counter is now, or undefined when there is none. */
  count(key: WireKey, order: CountOrder): AnyCall;
  flush(delay: number): AnyCall;
  version(): AnyCall;
  /** Resolves with the statistics by name. */
  stats(group: string | undefined): AnyCall;
  /** Resolves with a {@link Leased}. */
  lease(key: WireKey, lease: number, recache: number): AnyCall;
  /** Marks an item as out of date; it is kept until `exptime`, or as long as it was, with 0. Resolves with whether there is one. */
  invalidate(key: WireKey, exptime: number, cas?: Uint64): AnyCall;
  /** A command as the codec takes it. Resolves with the frames of the answer. */
  command(request: unknown): AnyCall;
  /** Resolves when the server has taken the login. */
  login(credentials: Credentials): AnyCall;
}
