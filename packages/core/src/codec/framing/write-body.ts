import { Buffer } from 'node:buffer';

import type { ByteWriter } from '../byte-writer.ts';
import type { FrameBody, FrameEncoding } from './frame-as.ts';

/** Appends a body in whichever form it comes; text can have a terminator. */
export function writeBody(output: ByteWriter, body: FrameBody, encoding: FrameEncoding, terminator: string = ''): void {
  if (typeof body !== 'string') output.bytes(body);
  else if (encoding === 'utf8') output.utf8(body, terminator);
  else output.latin1(body, terminator);
}

/** Length in bytes that {@link writeBody} will write. */
export function bodyLength(body: FrameBody, encoding: FrameEncoding): number {
  return typeof body === 'string' && encoding === 'utf8' ? Buffer.byteLength(body) : body.length;
}
