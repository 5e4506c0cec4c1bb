import type { Buffer } from 'node:buffer';

/** A line of the text protocol, without what ends it: a command to a server, or one of the lines that it answers. */
export class TextLine {
  /** The bytes of the line, which last. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The line as utf-8; what is not valid becomes U+FFFD. */
  get text(): string {
    return this.bytes.toString('utf8');
  }

  /** The line with each byte as one character, so that different names are different texts. */
  get latin1(): string {
    return this.bytes.toString('latin1');
  }
}
