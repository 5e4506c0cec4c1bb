import type { FrameBody } from '@wirewright/core/codec';

import type { FieldReader } from './field-reader.ts';
import { Message } from './message.ts';
import { Tag } from './tags.ts';

/** A response, as a server fills it in and as a client receives it; see {@link Message}. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns what Message declares
export class Response {
  /** Why the command failed; empty when it has not. */
  declare errorMessage: string;

  constructor() {
    this.errorMessage = '';
    this.body = undefined;
    this.entries = undefined;
    this.ascii = true;
    this.map = undefined;
  }

  /** Answers with these bytes, or a text as utf-8. Bytes must not be changed until they are sent. */
  set(payload: FrameBody): this {
    this.body = payload;
    return this;
  }

  /** Answers with a text, as utf-8. */
  setString(text: string): this {
    return this.set(text);
  }

  /**
   * Says that the command failed, and why: the message of an Error, or its name when it has none. An empty text takes an error back.
   * Payload and metadata are sent all the same.
   */
  setError(error: string | Error): this {
    this.errorMessage = typeof error === 'string' ? error : error.message || error.name || 'unknown error';
    return this;
  }

  /** Adds an entry to the metadata, or replaces it. */
  setMeta(key: string, value: string): this {
    this.add(key, value);
    return this;
  }

  /** @internal Takes field 1, if its tag is what it should be. */
  readFirst(tag: number, from: FieldReader): boolean {
    if (tag !== Tag.ErrorMessage) return false;
    this.errorMessage = from.text();
    return true;
  }
}

export interface Response extends Message {}

Object.setPrototypeOf(Response.prototype, Message.prototype);
