import {
  type BinaryRequest,
  type BinaryResponse,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  type RequestFields,
  requests,
  responses,
} from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';

import {
  decodeHit,
  decodeSet,
  encodeCopiedHit,
  encodeHit,
  encodeSet,
  type HandwrittenSet,
  written,
} from '../by-hand/memcached-binary.ts';
import { memjsDecodeHit, memjsDecodeSet, memjsEncodeSet } from '../peers/memjs.ts';
import type { CodecRows, Row } from '../row.ts';
import {
  chunkOf,
  decoding,
  encoding,
  encodingMade,
  inTurn,
  messagesOf,
  reading,
  sink,
  textOf,
  writing,
} from '../work.ts';

const fields: HandwrittenSet = { opaque: 7242, vbucket: 824, key: 'somekey', value: 'somevalue' };

/** As the Go benchmarks have it: 40 bytes, which no server takes, since flags and exptime are missing. */
const bare: RequestFields = { opcode: Opcode.Set, ...fields, extras: new Uint8Array(0) };
const makeSet = (): RequestFields => requests.set(fields.key, fields.value, fields);
const whole = makeSet();

/** How many times as long as by hand ours takes at most. */
const MOST = 1.5;

const everyField = (request: BinaryRequest): void => {
  // The key with a character for each byte, as by hand.
  const { opcode, vbucket, opaque, cas, flags, exptime, latin1Key, valueView } = request;
  sink.sum += opcode + vbucket + opaque + flags + exptime + latin1Key.length + valueView.start + (cas === 0n ? 0 : 1);
};

const setByHand = (chunk: Buffer, at: number): number => {
  const { opcode, vbucket, opaque, cas, flags, exptime, key, value } = decodeSet(chunk, at);
  sink.sum += opcode + vbucket + opaque + flags + exptime + key.length + value.start + (cas === 0n ? 0 : 1);
  return value.end;
};

const everyFieldOfHit = ({ status, opaque, cas, flags, valueView }: BinaryResponse): void => {
  sink.sum += status + opaque + flags + valueView.end - valueView.start + (cas === 0n ? 0 : 1);
};

const hitByHand = (chunk: Buffer, at: number): number => {
  const { status, opaque, cas, flags, value } = decodeHit(chunk, at);
  sink.sum += status + opaque + flags + value.end - value.start + (cas === 0n ? 0 : 1);
  return value.end;
};

const textOfRange = ({ source, start, end }: { source: Uint8Array; start: number; end: number }): string =>
  textOf(source.subarray(start, end));

const client = memcachedBinaryClient()();
const server = memcachedBinaryServer()();

function encodeSetRow(request: RequestFields, extras: number, also?: Row['also']): Row {
  const frame = encodeMessage(client, request);
  return {
    name: `memcached binary: encode SET, ${frame.length} B`,
    gives: textOf(frame),
    ours: () => ({ gives: () => textOf(encodeMessage(client, request)), work: encoding(client, request) }),
    byHand: () => ({
      gives: () => written(encodeSet(fields, extras), frame.length),
      work: writing(inTurn(fields, (each) => encodeSet(each, extras))),
    }),
    most: MOST,
    peers: { memjs: () => memjsEncodeSet(fields, Buffer.alloc(extras)) },
    also,
  };
}

function decodeSetRow(request: RequestFields): Row {
  const frame = encodeMessage(client, request);
  const chunk = chunkOf([frame]);
  const { key, value, opaque, vbucket } = fields;
  const gives = (): unknown =>
    messagesOf(server, frame, (message) => ({
      opcode: message.opcode,
      vbucket: message.vbucket,
      opaque: message.opaque,
      cas: message.cas,
      flags: message.flags,
      exptime: message.exptime,
      key: message.latin1Key,
      value: textOfRange(message.valueView),
    }))[0];
  return {
    name: `memcached binary: decode SET, ${frame.length} B, every field`,
    gives: { opcode: Opcode.Set, vbucket, opaque, cas: 0n, flags: 0, exptime: 0, key, value },
    ours: () => ({ gives, work: decoding(server, chunk, everyField) }),
    byHand: () => ({
      gives: () => {
        const message = decodeSet(frame, 0);
        return { ...message, value: textOfRange(message.value) };
      },
      work: reading(chunk, setByHand),
    }),
    most: MOST,
    peers: { memjs: () => memjsDecodeSet(frame) },
    also: {
      'ours, no field read': () => ({
        gives,
        work: decoding(server, chunk, (message) => {
          sink.last = message;
        }),
      }),
    },
  };
}

/** A response of 24 KiB, both ways. */
function hitRows(): Row[] {
  const opaque = 7242;
  const large = Buffer.alloc(24 * 1024, 1);
  const hit = responses.hit({ opcode: Opcode.Get, opaque }, large, 0, 1);
  const frame = encodeMessage(server, hit);
  const chunk = chunkOf([frame]);
  return [
    {
      name: 'memcached binary: encode hit, 24 KiB',
      gives: textOf(frame),
      ours: () => ({ gives: () => textOf(encodeMessage(server, hit)), work: encoding(server, hit) }),
      byHand: () => ({
        gives: () => encodeHit(opaque, large).map(textOf).join(''),
        work: writing(() => encodeHit(opaque, large).length),
      }),
      also: {
        'by hand, the body copied': () => ({
          gives: () => written(encodeCopiedHit(opaque, large), frame.length),
          work: writing(() => encodeCopiedHit(opaque, large)),
        }),
      },
    },
    {
      name: 'memcached binary: decode hit, 24 KiB, every field',
      gives: { status: 0, opaque, cas: 1n, flags: 0, value: textOf(large) },
      ours: () => ({
        gives: () =>
          messagesOf(client, frame, ({ status, opaque: of, cas, flags, valueView }) => {
            return { status, opaque: of, cas, flags, value: textOfRange(valueView) };
          })[0],
        work: decoding(client, chunk, everyFieldOfHit),
      }),
      byHand: () => ({
        gives: () => {
          const message = decodeHit(frame, 0);
          return { ...message, value: textOfRange(message.value) };
        },
        work: reading(chunk, hitByHand),
      }),
      peers: { memjs: () => memjsDecodeHit(frame) },
    },
  ];
}

/** The payloads of the benchmarks of the Go package. */
export function memcachedBinaryRows(): CodecRows {
  return {
    rows: [
      encodeSetRow(bare, 0),
      encodeSetRow(whole, 8, {
        'ours, made by requests.set()': () => ({
          gives: () => textOf(encodeMessage(client, makeSet())),
          work: encodingMade(client, makeSet),
        }),
      }),
      decodeSetRow(bare),
      decodeSetRow(whole),
      ...hitRows(),
    ],
    missing: [{ what: 'memcached binary: encode hit: memjs', why: 'it writes requests only' }],
    notes: ['memjs writes a SET without the vbucket, and gets one message at a time where ours takes it off a chunk'],
  };
}
