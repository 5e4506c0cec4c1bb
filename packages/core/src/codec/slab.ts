import { Buffer } from 'node:buffer';

/** 64 KiB: what a slab holds, unless one message takes more. */
export const SLAB_SIZE: number = 64 * 1024;

/**
 * Memory that many messages of many connections are encoded into, one behind the other.
 *
 * ```text
 *   [ floor: a write in progress reads below | regions that wait to be written | free ]
 * ```
 */
export class Slab {
  /** The memory itself; what was not written yet is not initialized. */
  readonly bytes: Buffer;
  /** The same memory: a DataView writes integers several times faster than a Buffer. */
  readonly view: DataView;
  /** Regions that somebody has taken and not given back. */
  regions = 0;
  /** Below lie bytes that may still be read: they are left to the garbage collector, with the slab. */
  floor = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }
}
