import {
  BinaryRequest,
  type BinaryResponse,
  isQuiet,
  quietOpcode,
  type RequestFields,
  requests,
} from '@wirewright/codec-memcached-binary';
import { ProtocolError } from '@wirewright/core';

import { Batch } from '../batch.ts';
import { Call } from '../call.ts';

/**
 * A batch whose answers bear the place of their command. All that can be are quiet, but for the last: its answer tells that the others have had
 * theirs, or will have none.
 */
export class BinaryBatch extends Batch<BinaryResponse, RequestFields> {
  seal(): void {
    // One that somebody made quiet may have no answer to wait for.
    if (isQuiet(this.calls.at(-1)!.request.opcode)) this.append(noop());
  }

  protected appendUnanswered(call: Call<BinaryResponse, RequestFields>): void {
    this.append(call);
  }

  protected append(call: Call<BinaryResponse, RequestFields>): void {
    const { calls } = this;
    const opaque = calls.length;
    if (opaque > 0) quieten(calls[opaque - 1]!);
    const { request } = call;
    if (request instanceof BinaryRequest) request.opaque = opaque;
    else (request as { opaque?: number | undefined }).opaque = opaque;
    this.requests.push(request);
    calls.push(call);
  }

  protected take(frame: BinaryResponse): true | undefined {
    const { calls } = this;
    const at = frame.opaque;
    const call = calls[at];
    if (call === undefined || at < this.answered || frame.opcode !== call.request.opcode) {
      throw new ProtocolError(`a response to ${frame.opcode} with opaque ${at} is no answer to what was asked`);
    }
    for (let i = this.answered; i < at; i++) {
      if (calls[i]!.silent === undefined) throw new ProtocolError('the server left out an answer');
    }
    while (this.answered < at) {
      const before = calls[this.answered]!;
      before.silent!(before);
      this.done(before);
    }
    return call.read(frame, call) ? this.done(call) : undefined;
  }
}

/** Another follows, whose answer will tell: this one needs none unless it has something to say. */
function quieten({ request, silent }: Call<BinaryResponse, RequestFields>): void {
  if (silent !== undefined) (request as { opcode: number }).opcode = quietOpcode(request.opcode);
}

function noop(): Call<BinaryResponse, RequestFields> {
  const call = new Call<BinaryResponse, RequestFields>(requests.noop(), () => true);
  call.reject = () => {};
  call.weight = 0;
  return call;
}
