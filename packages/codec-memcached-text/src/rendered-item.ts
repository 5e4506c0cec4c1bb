import { Buffer } from 'node:buffer';

import type { WireItem } from './item-reply.ts';
import type { Uint64 } from './numbers.ts';

/** An item in memory of its own, rendered once when it is stored. */
export class RenderedItem implements WireItem {
  readonly buffer: Buffer;
  readonly wireStart: number = 0;
  readonly valueStart: number;
  /** The client's flags, 32 bits. */
  readonly flags: number;
  readonly casHigh: number;
  readonly casLow: number;

  /**
   * Copies key and value.
   *
   * @param key as in a request, each byte one character, or its bytes
   * @param flags the client's, 32 bits
   */
  constructor(key: string | Uint8Array, flags: number, value: Uint8Array, cas: Uint64 = 0) {
    const name = typeof key === 'string' ? key : Buffer.from(key).toString('latin1');
    const head = `VALUE ${name} ${flags} ${value.length}\r\n`;
    const buffer = Buffer.allocUnsafeSlow(head.length + value.length + 2);
    buffer.write(head, 'latin1');
    buffer.set(value, head.length);
    buffer.write('\r\n', head.length + value.length, 'latin1');
    this.buffer = buffer;
    this.valueStart = head.length;
    this.flags = flags;
    this.casHigh = Number(BigInt(cas) >> 32n);
    this.casLow = Number(BigInt(cas) & 0xffff_ffffn);
  }

  get wireEnd(): number {
    return this.buffer.length;
  }

  /** Where the value ends in {@link buffer}. */
  get valueEnd(): number {
    return this.buffer.length - 2;
  }

  /** The value, without a copy. */
  get value(): Buffer {
    return this.buffer.subarray(this.valueStart, this.valueEnd);
  }
}
