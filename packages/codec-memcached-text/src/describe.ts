import { ByteView } from '@wirewright/core/codec';

import type { ClientRequest, Key } from './client-request.ts';
import { ItemReplies } from './item-replies.ts';
import { ItemReply } from './item-reply.ts';
import { MetaRequest } from './meta-request.ts';
import { Reply } from './reply.ts';
import { Request } from './request.ts';

const FORMS = ['VALUE', 'VALUE with cas', 'VA'];

/** A message of either direction in words: its lines, and of values only how long they are. */
export function describe(
  message: Reply | ItemReply | ItemReplies | ClientRequest | string | Uint8Array | ByteView,
): string {
  if (typeof message === 'string') return message;
  if (message instanceof Request || message instanceof MetaRequest) return describeReceived(message);
  if (message instanceof Reply) {
    return lineAndValue(message.source, message.start, message.lineEnd, message.valueEnd - message.valueStart, message);
  }
  if (message instanceof ItemReply) {
    const { item, form } = message;
    return item === undefined ? 'no item' : `${FORMS[form]}, an item of ${item.wireEnd - item.valueStart - 2} bytes`;
  }
  // Which they are, nobody knows before they are written, and nobody remembers afterwards.
  if (message instanceof ItemReplies) return 'items';
  if (message instanceof Uint8Array || message instanceof ByteView) return `${message.length} bytes`;
  return describeFields(message);
}

function describeReceived(request: Request | MetaRequest): string {
  const { source, start, lineEnd, valueStart, valueEnd, error } = request;
  const text = lineAndValue(source, start, lineEnd, valueEnd - valueStart, request);
  return error === undefined ? text : `${text} (malformed: ${error})`;
}

function lineAndValue(
  source: Uint8Array,
  start: number,
  lineEnd: number,
  length: number,
  message: { readonly valueStart: number; readonly start: number },
): string {
  const line = new ByteView(source, start, lineEnd).toString();
  return message.valueStart > message.start ? `${line}, ${valueOf(length)}` : line;
}

function describeFields(request: Exclude<ClientRequest, Request | MetaRequest>): string {
  if ('tokens' in request) return request.tokens.join(' ');
  const words: string[] = [request.op];
  if ('key' in request) words.push(...keysOf(request.key));
  if ('flags' in request && typeof request.flags === 'string') words.push(request.flags);
  if ('noreply' in request && request.noreply === true) words.push('noreply');
  const text = words.join(' ');
  return 'value' in request ? `${text}, ${valueOf(request.value.length)}` : text;
}

function valueOf(length: number): string {
  return `a value of ${length} ${length === 1 ? 'byte' : 'bytes'}`;
}

function keysOf(key: Key | readonly Key[]): string[] {
  const keys = (Array.isArray(key) ? key : [key]) as readonly Key[];
  return keys.map((one) =>
    typeof one === 'string' ? one : new ByteView(one instanceof ByteView ? one.bytes : one).toString(),
  );
}
