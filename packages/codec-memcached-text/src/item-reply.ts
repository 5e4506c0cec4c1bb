import type { Buffer } from 'node:buffer';

import type { ByteWriter } from '@wirewright/core/codec';

import { CRLF, CRLF_BYTES, SPACE } from './characters.ts';
import { joinHalves } from './numbers.ts';
import { writeDecimal } from './write-decimal.ts';

/** An item as a store keeps it: in the form in which it is sent, so that a hit is one copy. */
export interface WireItem {
  /** What `VALUE <key> <flags> <bytes>\r\n<value>\r\n` lies in, and where. */
  readonly buffer: Buffer;
  /** All of {@link buffer} as a view, if there is one: it makes short copies faster. */
  readonly view?: DataView | undefined;
  /** Where `VALUE` begins in {@link buffer}. */
  readonly wireStart: number;
  /** Where the last `\r\n` ends. */
  readonly wireEnd: number;
  /** Where the value lies in it; it ends two bytes before {@link wireEnd}. */
  readonly valueStart: number;
  /** The upper 32 bits of the cas. */
  readonly casHigh: number;
  /** The lower 32 bits of the cas. */
  readonly casLow: number;
}

/** What of an item is sent. */
const Form = { Value: 0, ValueAndCas: 1, Meta: 2 } as const;

/**
 * An item to send. It is copied when it is sent, so a store may use the memory for something else right afterwards, and one reply can serve for all.
 *
 * ```ts
 * connection.send(reply.value(item)); // VALUE k 0 5\r\nhello\r\n
 * ```
 */
export class ItemReply {
  /** @internal */
  item: WireItem | undefined = undefined;
  /** @internal */
  form: number = Form.Value;
  /** @internal Flags of a meta reply. */
  flags = '';
  /** @internal Whether the answer ends with it. */
  last = false;

  /** `VALUE <key> <flags> <bytes>` and the value, for `get` and `gat`; behind it `END` if it is the last of the answer. */
  value(item: WireItem, last: boolean = false): this {
    return this.#set(item, Form.Value, '', last);
  }

  /** The same with the cas, for `gets` and `gats`. */
  valueAndCas(item: WireItem, last: boolean = false): this {
    return this.#set(item, Form.ValueAndCas, '', last);
  }

  /** `VA <bytes> <flags>` and the value; `flags` as `metaFlags()` gives them, each with a space in front. */
  meta(item: WireItem, flags: string = ''): this {
    return this.#set(item, Form.Meta, flags, false);
  }

  #set(item: WireItem, form: number, flags: string, last: boolean): this {
    this.item = item;
    this.form = form;
    this.flags = flags;
    this.last = last;
    return this;
  }
}

/** Appends an item to what is sent. */
export function writeItemReply(reply: ItemReply, output: ByteWriter): void {
  const { item, form, flags, last } = reply;
  if (item === undefined) throw new TypeError('an ItemReply is sent with an item: value(), valueAndCas() or meta()');
  const { buffer, view, wireStart, wireEnd, valueStart } = item;
  if (form === Form.Value) {
    output.copy(buffer, wireStart, wireEnd, view);
  } else if (form === Form.Meta) {
    output.u8(0x56);
    output.u16(0x4120);
    // The length stands in front of the value, and nothing between when there are no flags.
    let lengthStart = valueStart - 3;
    while (buffer[lengthStart - 1] !== SPACE) lengthStart--;
    if (flags === '') {
      output.copy(buffer, lengthStart, wireEnd, view);
    } else {
      output.copy(buffer, lengthStart, valueStart - 2, view);
      output.latin1(flags, CRLF);
      output.copy(buffer, valueStart, wireEnd, view);
    }
  } else {
    output.copy(buffer, wireStart, valueStart - 2, view);
    output.u8(SPACE);
    writeDecimal(joinHalves(item.casHigh, item.casLow), output);
    output.u16(CRLF_BYTES);
    output.copy(buffer, valueStart, wireEnd, view);
  }
  if (last) {
    // END and the end of its line.
    output.u32(0x454e_440d);
    output.u8(0x0a);
  }
}
