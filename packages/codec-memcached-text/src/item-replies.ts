import type { ByteWriter } from '@wirewright/core/codec';

import { type ItemReply, writeItemReply } from './item-reply.ts';

/**
 * Items to send one behind the other, as one message: to send each by itself takes as long again as to copy it.
 *
 * ```ts
 * connection.send(new ItemReplies(() => (i < items.length ? reply.value(items[i++]!, i === items.length) : undefined)));
 * ```
 */
export class ItemReplies {
  /** Makes the reply that follows. */
  readonly next: () => ItemReply | undefined;

  /**
   * @param next is called while the message is written, each time to make the reply that follows, which may be the same object over and over;
   *   `undefined` ends the message. It must not send anything itself
   */
  constructor(next: () => ItemReply | undefined) {
    this.next = next;
  }
}

/** Appends items to what is sent. */
export function writeItemReplies(replies: ItemReplies, output: ByteWriter): void {
  const { next } = replies;
  for (let reply = next(); reply !== undefined; reply = next()) writeItemReply(reply, output);
}
