import { type ClientRequest, type Reply } from '@wirewright/codec-memcached-text';

import { Batch } from '../batch.ts';
import type { Call } from '../call.ts';

/** A batch whose answers come in the order of its commands. */
export class OrderedBatch extends Batch<Reply, ClientRequest> {
  readonly #fence: () => Call<Reply, ClientRequest>;
  /** Commands at the end of it that have no answer. */
  #unfenced = 0;

  /**
   * @param fence makes a command that is always answered. It goes behind those that are not, because a server answers them after all when they
   * fail: whatever comes before the answer of the fence is theirs, and nobody else gets it.
   */
  constructor(fence: () => Call<Reply, ClientRequest>) {
    super();
    this.#fence = fence;
  }

  seal(): void {
    if (this.#unfenced > 0) this.#putFence();
  }

  protected appendUnanswered(call: Call<Reply, ClientRequest>): void {
    this.requests.push(call.request);
    this.#unfenced++;
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
    const fence = this.#fence();
    fence.weight = this.#unfenced;
    this.#unfenced = 0;
    this.put(fence);
  }
}
