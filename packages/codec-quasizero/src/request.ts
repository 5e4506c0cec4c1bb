import type { FrameBody } from '@wirewright/core/codec';

import type { FieldReader } from './field-reader.ts';
import { Message } from './message.ts';
import type { Metadata } from './metadata.ts';
import { Tag } from './tags.ts';

/** What a client sends. A {@link Request} that was received is one, too. */
export interface RequestFields {
  /** Which command: a signed 32-bit integer. */
  readonly code: number;
  /** Texts by name that go with the payload. Default none. */
  readonly metadata?: Metadata | undefined;
  /** Bytes, or text that is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly payload?: FrameBody | undefined;
}

/** A request as a server receives it; see {@link Message}. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns what Message declares
export class Request {
  /** Which command: a signed 32-bit integer. */
  declare code: number;

  constructor() {
    this.code = 0;
    this.body = undefined;
    this.entries = undefined;
    this.ascii = true;
    this.map = undefined;
  }

  /** @internal Takes field 1, if its tag is what it should be. */
  readFirst(tag: number, from: FieldReader): boolean {
    if (tag !== Tag.Code) return false;
    this.code = from.int32();
    return true;
  }
}

export interface Request extends Message {}

Object.setPrototypeOf(Request.prototype, Message.prototype);
