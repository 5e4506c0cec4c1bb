import type { ClientRequest, Reply } from '@wirewright/codec-memcached-text';

import { Batch } from '../batch.ts';
import type { Call } from '../call.ts';
import type { CallCounters } from '../counters.ts';
import { Fence, type FenceOp } from './fence.ts';

/** A batch whose answers come in the order of its commands. */
export class OrderedBatch extends Batch<Reply, ClientRequest> {
  readonly #fence: FenceOp;
  /** Commands at the end of it that have no answer, and where their outcome is counted. */
  #unfenced = 0;
  #counters!: CallCounters;

  /** @param fence what goes behind commands that have no answer */
  constructor(fence: FenceOp) {
    super();
    this.#fence = fence;
  }

  seal(): void {
    if (this.#unfenced > 0) this.#putFence();
  }

  protected appendUnanswered(call: Call<Reply, ClientRequest>): void {
    this.requests.push(call.request);
    this.#unfenced++;
    this.#counters = call.counters;
  }

  protected append(call: Call<Reply, ClientRequest>): void {
    if (this.#unfenced > 0) this.#putFence();
    this.put(call);
  }

  protected put(call: Call<Reply, ClientRequest>): void {
    this.requests.push(call.request);
    if (call.fence !== undefined) this.requests.push(call.fence);
    this.calls.push(call);
  }

  protected take(frame: Reply): true | undefined {
    const call = this.calls[this.answered]!;
    return call.read(frame, call) ? this.done(call) : undefined;
  }

  #putFence(): void {
    const fence = new Fence(this.#fence, this.#unfenced, this.#counters);
    this.#unfenced = 0;
    this.put(fence);
  }
}
