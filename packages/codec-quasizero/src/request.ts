import type { FrameBody } from '@wirewright/core/codec';

import type { FieldReader } from './field-reader.ts';
import { Message } from './message.ts';
import type { Metadata } from './metadata.ts';
import { Tag } from './tags.ts';

/** What a client sends. A {@link Request} that was received is one, too. */
export interface RequestFields {
  /** Which command: a signed 32-bit integer. */
  readonly code: number;
  readonly metadata?: Metadata | undefined;
  /** Bytes, or text that is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly payload?: FrameBody | undefined;
}

/** A request as a server receives it; see {@link Message}. */
export class Request extends Message implements RequestFields {
  /** Which command: a signed 32-bit integer. */
  declare code: number;

  constructor() {
    super();
    this.code = 0;
  }

  /** @internal */
  readFirst(tag: number, from: FieldReader): boolean {
    if (tag !== Tag.Code) return false;
    this.code = from.int32();
    return true;
  }
}
