import {
  ItemReply,
  memcachedTextServer,
  type MetaRequest,
  RenderedItem,
  type Request,
} from '@wirewright/codec-memcached-text';
import { encodeMessage } from '@wirewright/core/codec';

import { decodeGet, decodeMetaGet, decodeTextSet, encodeTextHit, written } from '../by-hand/memcached-text.ts';
import { type LookAtCommand, memcacheParserDecode } from '../peers/memcache-parser.ts';
import type { CodecRows, Row } from '../row.ts';
import { chunkOf, decoding, encoding, messagesOf, reading, sink, textOf, writing } from '../work.ts';

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

const FRAMES = 64;

const getByParser: LookAtCommand = ([op, key]) => {
  sink.sum += op!.length + key!.length;
};

const setByParser: LookAtCommand = ([op, key, flags, exptime], value) => {
  sink.sum += op!.length + key!.length + Number(flags) + Number(exptime) + value!.length;
};

const metaGetByParser: LookAtCommand = ([op, key, ...flags]) => {
  const asked = (flags.includes('v') ? 1 : 0) + (flags.includes('t') ? 2 : 0) + (flags.includes('q') ? 4 : 0);
  sink.sum += op!.length + key!.length + asked;
};

const server = memcachedTextServer()();

/** What is different from row to row. */
interface Decoding<Fields> {
  readonly frame: Buffer;
  readonly fields: Fields;
  readonly look: (message: Message) => void;
  readonly fieldsOf: (message: Message) => Fields;
  readonly byHand: (chunk: Buffer, at: number) => number;
  readonly fieldsByHand: (frame: Buffer) => Fields;
  readonly byParser: LookAtCommand;
  readonly fieldsByParser: (tokens: readonly string[], value: Buffer | undefined) => Fields;
}

function decodeRow<Fields>(what: string, row: Decoding<Fields>): Row {
  const chunk = chunkOf([row.frame], FRAMES);
  return {
    name: `memcached text: decode ${what}`,
    gives: Array.from({ length: FRAMES }, () => row.fields),
    ours: () => ({ gives: () => messagesOf(server, chunk, row.fieldsOf), work: decoding(server, chunk, row.look) }),
    byHand: () => ({
      gives: () => Array.from({ length: FRAMES }, () => row.fieldsByHand(row.frame)),
      work: reading(chunk, row.byHand),
    }),
    peers: {
      'memcache-parser': () => memcacheParserDecode(chunk, FRAMES, row.byParser, row.fieldsByParser),
    },
  };
}

const getRow: Row = decodeRow('get <key>', {
  frame: getFrame,
  fields: { op: 'get', key: 'somekey' },
  look: get,
  fieldsOf: ({ op, key }) => ({ op, key }),
  byHand: getByHand,
  fieldsByHand: (frame) => {
    const { op, key } = decodeGet(frame, 0);
    return { op, key };
  },
  byParser: getByParser,
  fieldsByParser: ([op, key]) => ({ op: op!, key: key! }),
});

const setRow: Row = decodeRow('set, 100 B, every field', {
  frame: setFrame,
  fields: { op: 'set', key: 'somekey', flags: 5, exptime: 60, value: VALUE },
  look: set,
  fieldsOf: (message) => {
    const { op, key, flags, exptime, source, valueStart, valueEnd } = message as Request;
    return { op, key, flags, exptime, value: textOf(source.subarray(valueStart, valueEnd)) };
  },
  byHand: setByHand,
  fieldsByHand: (frame) => {
    const { op, key, flags, exptime, value } = decodeTextSet(frame, 0);
    return { op, key, flags, exptime, value: textOf(frame.subarray(value.start, value.end)) };
  },
  byParser: setByParser,
  fieldsByParser: ([op, key, flags, exptime], value) => {
    return { op: op!, key: key!, flags: Number(flags), exptime: Number(exptime), value: textOf(value!) };
  },
});

const metaGetRow: Row = decodeRow('mg <key> v t q', {
  frame: metaFrame,
  fields: { op: 'mg', key: 'somekey', v: true, t: true, q: true },
  look: metaGet,
  fieldsOf: (message) => {
    const request = message as MetaRequest;
    return { op: request.op, key: request.key, v: request.has('v'), t: request.has('t'), q: request.quiet };
  },
  byHand: metaGetByHand,
  fieldsByHand: (frame) => {
    const { op, key, flags } = decodeMetaGet(frame, 0);
    const has = (letter: string): boolean => ((flags >> (letter.charCodeAt(0) - 0x61)) & 1) === 1;
    return { op, key, v: has('v'), t: has('t'), q: has('q') };
  },
  byParser: metaGetByParser,
  fieldsByParser: ([op, key, ...flags]) => {
    return { op: op!, key: key!, v: flags.includes('v'), t: flags.includes('t'), q: flags.includes('q') };
  },
});

function encodeHitRow(): Row {
  const item = new RenderedItem('somekey', 5, Buffer.from(VALUE));
  const hit = new ItemReply().value(item, true);
  const answer = `VALUE somekey 5 ${VALUE.length}\r\n${VALUE}\r\nEND\r\n`;
  return {
    name: 'memcached text: encode hit, 100 B',
    gives: answer,
    ours: () => ({ gives: () => textOf(encodeMessage(server, hit)), work: encoding(server, hit) }),
    byHand: () => ({
      gives: () => written(encodeTextHit(item.buffer), answer.length),
      work: writing(() => encodeTextHit(item.buffer)),
    }),
  };
}

/** Commands as a server gets them, and what it answers. */
export function memcachedTextRows(): CodecRows {
  return {
    rows: [getRow, setRow, metaGetRow, encodeHitRow()],
    missing: [
      { what: 'memcached text: memcached', why: 'its parser cannot be reached from outside of its client' },
      { what: 'memcached text: encode hit: memcache-parser', why: 'it reads only' },
    ],
  };
}
