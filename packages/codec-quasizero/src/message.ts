import { Buffer } from 'node:buffer';

import { ByteView, type FrameBody } from '@wirewright/core/codec';

import { readEntries } from './metadata.ts';

const NO_BYTES = Buffer.alloc(0);

/** The metadata of all messages that have none; it must stay that way. */
const NO_ENTRIES: ReadonlyMap<string, string> = new (class extends Map<string, string> {
  override set(): never {
    throw new TypeError('the metadata of a message cannot be changed; setMeta() adds to that of a response');
  }
})();

/**
 * What requests and responses have in common. A message that was received lies where it was received, checked but not copied: payload
 * and metadata are made when they are asked for. It is valid until the hook that got it has settled; {@link retain} makes it last.
 *
 * Their prototypes inherit from this one, but their classes are not derived of it and assign these fields themselves: the constructor of
 * a derived class often stays a call of its own, and a short request then takes twice as long to decode.
 */
export abstract class Message {
  /** @internal What {@link payload} is made of. */
  declare body: FrameBody | undefined;
  /** @internal The range in which the received entries lie, until they are asked for, and whether all texts in it are ASCII. */
  declare entries: ByteView | undefined;
  /** @internal */
  declare ascii: boolean;
  /** @internal The entries, once somebody has asked for them or set one. */
  declare map: Map<string, string> | undefined;

  /** The payload; empty when there is none. Valid as long as the message. */
  get payload(): Buffer {
    const { body } = this;
    if (body instanceof ByteView) return (this.body = body.bytes);
    if (body === undefined) return NO_BYTES;
    return body instanceof Buffer ? body : (this.body = bufferOf(body));
  }

  /** Texts by name. In a Map, since any key is possible, `__proto__` included. */
  get metadata(): ReadonlyMap<string, string> {
    return this.ownMap() ?? NO_ENTRIES;
  }

  /** The payload as text; what is not valid utf-8 becomes U+FFFD. */
  text(): string {
    return this.payload.toString();
  }

  /** Makes the message own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const { body } = this;
    if (body instanceof ByteView) body.retain();
    else if (body instanceof Buffer) this.body = new ByteView(body).retain();
    this.entries?.retain();
    return this;
  }

  /** What is in the message, and none of the bytes around it. */
  toJSON(): object {
    const { code, errorMessage } = this as { code?: number; errorMessage?: string };
    const metadata = Object.fromEntries(this.metadata);
    return { ...(code === undefined ? { errorMessage } : { code }), metadata, payload: this.payload };
  }

  static {
    // What `console.log` shows: the same.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Message): object {
        return this.toJSON();
      },
    });
  }

  /** @internal Takes the range of the entries. */
  receive(entries: ByteView, ascii: boolean): void {
    this.entries = entries;
    this.ascii = ascii;
  }

  /** @internal Adds an entry, or replaces it. */
  add(key: string, value: string): void {
    (this.ownMap() ?? (this.map = new Map())).set(key, value);
  }

  /** @internal The entries, if there are any. */
  ownMap(): Map<string, string> | undefined {
    const { entries } = this;
    if (entries !== undefined) {
      this.entries = undefined;
      this.map = readEntries(entries, this.ascii);
    }
    return this.map;
  }
}

function bufferOf(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.length);
}
