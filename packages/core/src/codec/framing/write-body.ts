import { ByteView } from '../byte-view.ts';
import type { ByteWriter } from '../byte-writer.ts';
import { utf8Length } from '../text.ts';
import type { FrameBody, FrameEncoding } from './frame-as.ts';

/** Appends a body in whichever form it comes; text can have a terminator. */
export function writeBody(output: ByteWriter, body: FrameBody, encoding: FrameEncoding, terminator: string = ''): void {
  if (typeof body !== 'string') output.bytes(body);
  else if (encoding === 'utf8') output.utf8(body, terminator);
  else output.latin1(body, terminator);
}

/**
 * Length in bytes that {@link writeBody} will write.
 *
 * @throws {TypeError} the body is neither text nor bytes
 */
export function bodyLength(body: FrameBody, encoding: FrameEncoding): number {
  if (typeof body === 'string') return encoding === 'utf8' ? utf8Length(body) : body.length;
  if (body instanceof Uint8Array || body instanceof ByteView) return body.length;
  throw new TypeError(`a body is text, a Uint8Array or a ByteView, not ${typeof body}`);
}
