import type { Buffer } from 'node:buffer';

import type { ByteWriter } from '@wirewright/core/codec';

import type { Frame } from './frame.ts';
import { hasKeyInAnswer } from './opcode-rules.ts';
import { Magic } from './write-frame.ts';

/** An item as a store keeps it: what of it is sent, and where that lies. */
export interface StoredItem {
  /** What key and value lie in. */
  readonly buffer: Buffer;
  /** All of {@link buffer} as a view, if there is one: it makes short copies faster. */
  readonly view?: DataView | undefined;
  /** Where the key begins in {@link buffer}. */
  readonly keyStart: number;
  /** Where the key ends. */
  readonly keyEnd: number;
  /** Where the value begins; it need not lie right behind the key. */
  readonly valueStart: number;
  /** Where the value ends. */
  readonly valueEnd: number;
  /** The client's flags: 32 bits. */
  readonly flags: number;
  /** The upper 32 bits of the cas. */
  readonly casHigh: number;
  /** The lower 32 bits of the cas. */
  readonly casLow: number;
}

/**
 * A hit to send. It is copied when it is sent, so a store may use the memory for something else right afterwards, and one response can serve for
 * all.
 *
 * ```ts
 * connection.send(response.hit(request, item));
 * ```
 */
export class ItemResponse {
  /** @internal */
  item: StoredItem | undefined = undefined;
  /** @internal Of the request, which need not be kept for them. */
  opcode = 0;
  /** @internal */
  opaque = 0;

  /** The value of an item: to GetK and GatK with the key. */
  hit(to: Frame, item: StoredItem): this {
    this.item = item;
    this.opcode = to.opcode;
    this.opaque = to.opaque;
    return this;
  }
}

/** Appends an item to what is sent. */
export function writeItemResponse(response: ItemResponse, output: ByteWriter): void {
  const { item, opcode, opaque } = response;
  if (item === undefined) throw new TypeError('an ItemResponse is sent with an item: hit()');
  const { buffer, view, keyStart, keyEnd, valueStart, valueEnd } = item;
  const keyLength = hasKeyInAnswer(opcode) ? keyEnd - keyStart : 0;
  const length = 4 + keyLength + valueEnd - valueStart;
  const first = (Magic.Response << 24) | (opcode << 16) | keyLength;
  output.u32s(first, FLAGS_ONLY, length, opaque, item.casHigh, item.casLow);
  output.u32(item.flags);
  if (keyLength > 0) output.copy(buffer, keyStart, keyEnd, view);
  output.copy(buffer, valueStart, valueEnd, view);
}

/** Extras of four bytes, and the status of a success. */
const FLAGS_ONLY = 4 << 24;
