import type { ClientRequest, Reply } from '@wirewright/codec-memcached-text';
import { ProtocolError } from '@wirewright/core';

import { Call } from '../call.ts';
import type { WireKey } from '../keys.ts';

/** Keys that one command asks for at most, so that its line stays short of what servers take. */
const MAX_KEYS = 100;

/** A command of the text protocol, or a meta command. */
export type TextCall = Call<Reply, ClientRequest>;

/** What settles a call that asks for an item. */
export interface GetOutcomes {
  /** There is one. */
  readonly hit: (reply: Reply, call: TextCall) => void;
  readonly miss: (call: TextCall) => void;
  /** The reply is none to `get`. */
  readonly fail: (reply: Reply, call: TextCall) => void;
}

/** A command of the text protocol that asks for one key, and can be one with those beside it. */
export class GetCall extends Call<Reply, ClientRequest> {
  readonly op: 'get' | 'gets' | 'gat';
  readonly key: WireKey;
  /** Of `gat`. */
  readonly exptime: number;
  readonly outcomes: GetOutcomes;

  constructor(op: 'get' | 'gets' | 'gat', key: WireKey, outcomes: GetOutcomes, exptime: number = 0) {
    super(requestOf(op, key, exptime), neverRead);
    this.op = op;
    this.key = key;
    this.exptime = exptime;
    this.outcomes = outcomes;
  }
}

/** One command for many keys. The server answers with the items that it has, in the order of the keys. */
export class GetGroup extends Call<Reply, ClientRequest> {
  readonly #keys: WireKey[];
  readonly #calls: GetCall[];
  #answered = 0;

  constructor(first: GetCall) {
    const keys = [first.key];
    super(requestOf(first.op, keys, first.exptime), (reply) => this.#read(reply));
    this.#keys = keys;
    this.#calls = [first];
  }

  override giveUp(error: unknown): number {
    const calls = this.#calls;
    for (let i = this.#answered; i < calls.length; i++) calls[i]!.giveUp(error);
    return calls.length - this.#answered;
  }

  /** Asks for one more, if it is of the same kind and there is room. */
  join(call: GetCall): boolean {
    const { op, exptime } = this.#calls[0]!;
    if (call.op !== op || call.exptime !== exptime || this.#keys.length === MAX_KEYS) return false;
    this.#keys.push(call.key);
    this.#calls.push(call);
    this.weight++;
    return true;
  }

  #read(reply: Reply): boolean {
    const calls = this.#calls;
    if (reply.status === 'VALUE') {
      let at = this.#answered;
      while (at < calls.length && !isKey(reply, calls[at]!.key)) at++;
      if (at === calls.length) throw notAskedFor();
      this.#miss(at);
      this.#answered++;
      calls[at]!.outcomes.hit(reply, calls[at]!);
      return false;
    }
    if (reply.status === 'END') this.#miss(calls.length);
    else this.#fail(reply);
    return true;
  }

  #fail(reply: Reply): void {
    const failed = this.#calls.slice(this.#answered);
    for (const call of failed) call.outcomes.fail(reply, call);
    this.#answered += failed.length;
  }

  /** Those before `end` that are not answered were not there. */
  #miss(end: number): void {
    for (; this.#answered < end; this.#answered++) {
      const call = this.#calls[this.#answered]!;
      call.outcomes.miss(call);
    }
  }
}

/** Whether the item of `reply` has this key. */
function isKey({ source, keyStart, keyEnd }: Reply, key: WireKey): boolean {
  if (typeof key !== 'string') return key.equals(source.subarray(keyStart, keyEnd));
  const { length } = key;
  for (let i = 0; i < length; i++) {
    const code = key.charCodeAt(i);
    if (code > 0x7f) return source.toString('utf8', keyStart, keyEnd) === key;
    if (source[keyStart + i] !== code) return false;
  }
  return keyEnd - keyStart === length;
}

/** The server has mixed something up: nothing that it answers can be relied on. */
function notAskedFor(): ProtocolError {
  return new ProtocolError('the server sent an item that was not asked for');
}

function requestOf(op: GetCall['op'], key: WireKey | readonly WireKey[], exptime: number): ClientRequest {
  return op === 'gat' ? { op, key, exptime } : { op, key };
}

function neverRead(): never {
  throw new Error('a get is read by its group');
}
