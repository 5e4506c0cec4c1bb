import {
  ItemReply,
  memcachedTextServer,
  type MetaRequest,
  RenderedItem,
  type Request,
} from '@wirewright/codec-memcached-text';

import { chunkOf, decoding, encoding, reading, repeat, sink } from '../codec/codec-work.ts';
import { decodeGet, decodeMetaGet, decodeTextSet, encodeTextHit } from './handwritten-text.ts';
import type { Row } from '../codec/row.ts';

const VALUE = 'v'.repeat(100);

const getFrame = Buffer.from('get somekey\r\n');
const setFrame = Buffer.from(`set somekey 5 60 ${VALUE.length}\r\n${VALUE}\r\n`);
const metaFrame = Buffer.from('mg somekey v t q\r\n');

type Message = Request | MetaRequest;

const get = (request: Message): void => {
  sink.sum += request.op.length + request.key.length;
};

const set = (message: Message): void => {
  const { op, key, flags, exptime, valueStart, valueEnd } = message as Request;
  sink.sum += op.length + key.length + flags + exptime + valueEnd - valueStart;
};

const metaGet = (message: Message): void => {
  const request = message as MetaRequest;
  const flags = (request.has('v') ? 1 : 0) + (request.has('t') ? 2 : 0) + (request.quiet ? 4 : 0);
  sink.sum += request.op.length + request.key.length + flags;
};

const getByHand = (chunk: Buffer, at: number): number => {
  const { op, key, end } = decodeGet(chunk, at);
  sink.sum += op.length + key.length;
  return end;
};

const setByHand = (chunk: Buffer, at: number): number => {
  const { op, key, flags, exptime, value, end } = decodeTextSet(chunk, at);
  sink.sum += op.length + key.length + flags + exptime + value.end - value.start;
  return end;
};

const metaGetByHand = (chunk: Buffer, at: number): number => {
  const { op, key, flags, end } = decodeMetaGet(chunk, at);
  const asked = ((flags >> 21) & 1) + ((flags >> 18) & 2) + ((flags >> 14) & 4);
  sink.sum += op.length + key.length + asked;
  return end;
};

/** The text codec. */
export function textRows(): readonly Row[] {
  const server = memcachedTextServer()();
  const item = new RenderedItem('somekey', 5, Buffer.from(VALUE));
  return [
    {
      title: 'text: decode get <key>',
      works: new Map([
        ['ours', decoding(server, chunkOf([getFrame]), get)],
        ['by hand', reading(chunkOf([getFrame]), getByHand)],
      ]),
    },
    {
      title: 'text: decode set, 100 B, every field',
      works: new Map([
        ['ours', decoding(server, chunkOf([setFrame]), set)],
        ['by hand', reading(chunkOf([setFrame]), setByHand)],
      ]),
    },
    {
      title: 'text: decode mg <key> v t q',
      works: new Map([
        ['ours', decoding(server, chunkOf([metaFrame]), metaGet)],
        ['by hand', reading(chunkOf([metaFrame]), metaGetByHand)],
      ]),
    },
    {
      title: 'text: encode hit, 100 B',
      works: new Map([
        ['ours', encoding(server, new ItemReply().value(item, true))],
        ['by hand', repeat(() => (sink.sum += encodeTextHit(item.buffer)))],
      ]),
    },
  ];
}
