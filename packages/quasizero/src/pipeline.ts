import type { RequestFields, Response } from '@wirewright/codec-quasizero';
import type { RequestOptions, Pipeline as RequestPipeline } from '@wirewright/core';

import { collectResponse } from './collect-response.ts';

/**
 * Calls that are sent on one connection, one right behind the other, in one write.
 *
 * ```ts
 * const [pong, echo] = await client.pipeline().call({ code: 1 }).call({ code: 2, payload: 'hello' }).exec();
 * ```
 */
export class Pipeline {
  #requests: RequestPipeline<Response, RequestFields, readonly Response[]>;

  /** @internal Use `pipeline()` of a client. */
  constructor(requests: RequestPipeline<Response, RequestFields>) {
    this.#requests = requests;
  }

  /** Adds a call. */
  call(request: RequestFields): this {
    this.#requests = this.#requests.request(request, collectResponse);
    return this;
  }

  /**
   * Sends what was gathered, once. Resolves when everything is settled, with one result for each call, in order, as those of
   * `Promise.allSettled`: a call that fails does not fail the others. `signal` and `timeout` are for all of them together.
   *
   * @throws as `call` of the client does, when no connection can be had; nothing was sent then
   */
  exec(options: RequestOptions = {}): Promise<PromiseSettledResult<Response>[]> {
    return this.#requests.exec(options);
  }
}
