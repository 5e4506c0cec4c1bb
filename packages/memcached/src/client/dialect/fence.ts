import type { ClientRequest, Reply } from '@wirewright/codec-memcached-text';

import { Call, ignore } from '../call.ts';
import type { CallCounters } from '../counters.ts';
import { replyError } from './reply-error.ts';

/** Commands that are always answered, and with what. */
export const FENCES = { version: 'VERSION', mn: 'MN' } as const;

export type FenceOp = keyof typeof FENCES;

/** Answers of meta commands with flag `q` that say what has become of them, and not that something is wrong. */
const OUTCOMES: ReadonlySet<string> = new Set(['NF', 'NS', 'EX', 'EN']);

/**
 * Goes behind commands that have no answer, and has one, because a server answers the others after all when they fail: what comes before its own
 * is theirs.
 */
export class Fence extends Call<Reply, ClientRequest> {
  readonly #end: Reply['status'];
  /** Of the commands in front of it, those that failed. */
  #failed = 0;

  /** @param weight how many commands it is behind */
  constructor(op: FenceOp, weight: number, counters: CallCounters) {
    super({ op }, (reply) => this.#read(reply));
    this.#end = FENCES[op];
    this.weight = weight;
    this.counters = counters;
    this.reject = ignore;
  }

  override giveUp(error: unknown): number {
    return super.giveUp(error) - this.#failed;
  }

  #read(reply: Reply): boolean {
    if (reply.status === this.#end) return true;
    // That there was nothing to delete, or the like, is said of meta commands whatever they asked for.
    if (OUTCOMES.has(reply.status)) return false;
    replyError(reply);
    if (this.#failed < this.weight) {
      this.#failed++;
      this.counters.unansweredErrors++;
    }
    return false;
  }
}
