import type { ClientRequest, Reply } from '@wirewright/codec-memcached-text';
import { ProtocolError } from '@wirewright/core';

import { Call, type Waiter } from '../call.ts';
import type { WireKey } from '../keys.ts';

/** Keys that one command asks for at most, so that its line stays short of what servers take. */
const MAX_KEYS = 100;

/** A command of the text protocol that asks for one key, and can be one with those beside it. */
export class GetCall extends Call<Reply, ClientRequest> {
  readonly op: 'get' | 'gets';
  readonly key: WireKey;
  /** Settles it with the item. */
  readonly hit: (reply: Reply, call: Waiter) => void;
  readonly miss: (call: Waiter) => void;

  constructor(
    op: 'get' | 'gets',
    key: WireKey,
    hit: (reply: Reply, call: Waiter) => void,
    miss: (call: Waiter) => void,
  ) {
    super({ op, key }, neverRead);
    this.op = op;
    this.key = key;
    this.hit = hit;
    this.miss = miss;
  }
}

/** One command for many keys. The server answers with the items that it has, in the order of the keys. */
export class GetGroup extends Call<Reply, ClientRequest> {
  readonly #op: 'get' | 'gets';
  readonly #keys: WireKey[];
  readonly #calls: GetCall[];
  readonly #failed: (reply: Reply) => Error;
  #answered = 0;

  /** @param failed what a reply means that is none to `get` */
  constructor(first: GetCall, failed: (reply: Reply) => Error) {
    const keys = [first.key];
    super({ op: first.op, key: keys }, (reply) => this.#read(reply));
    this.#op = first.op;
    this.#keys = keys;
    this.#calls = [first];
    this.#failed = failed;
  }

  override giveUp(error: unknown): void {
    for (let i = this.#answered; i < this.#calls.length; i++) this.#calls[i]!.giveUp(error);
  }

  /** Asks for one more, if it is of the same kind and there is room. */
  join(call: GetCall): boolean {
    if (call.op !== this.#op || this.#keys.length === MAX_KEYS) return false;
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
      calls[at]!.hit(reply, calls[at]!);
      return false;
    }
    if (reply.status === 'END') this.#miss(calls.length);
    else this.giveUp(this.#failed(reply));
    return true;
  }

  /** Those before `end` that are not answered were not there. */
  #miss(end: number): void {
    for (; this.#answered < end; this.#answered++) {
      const call = this.#calls[this.#answered]!;
      call.miss(call);
    }
  }
}

/** Whether the item of `reply` has this key. */
export function isKey({ source, keyStart, keyEnd }: Reply, key: WireKey): boolean {
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
export function notAskedFor(): ProtocolError {
  return new ProtocolError('the server sent an item that was not asked for');
}

function neverRead(): never {
  throw new Error('a get is read by its group');
}
