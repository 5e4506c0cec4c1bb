import type { ClientRequest, Reply } from '@wirewright/codec-memcached-text';

import type { Call } from '../call.ts';
import { GetCall, GetGroup } from './get-group.ts';
import { OrderedBatch } from './ordered-batch.ts';

/** Has gets that stand side by side leave as one command: up to 1.6.34 memcached makes one system call for each. */
export class TextBatch extends OrderedBatch {
  protected override put(call: Call<Reply, ClientRequest>): void {
    if (!(call instanceof GetCall)) {
      super.put(call);
      return;
    }
    const last = this.calls.at(-1);
    if (last instanceof GetGroup && last.join(call)) return;
    super.put(new GetGroup(call));
  }
}
