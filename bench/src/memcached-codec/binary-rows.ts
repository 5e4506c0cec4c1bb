import {
  type BinaryRequest,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  type RequestFields,
  requests,
  responses,
} from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';

import { chunkOf, decoding, encoding, reading, repeat, sink } from '../codec/codec-work.ts';
import { decodeSet, encodeCopiedHit, encodeHit, encodeSet } from './handwritten-binary.ts';
import type { Row } from '../codec/row.ts';

const fields = { opaque: 7242, vbucket: 824, key: 'somekey', value: 'somevalue' };

/** As the Go benchmarks have it: 40 bytes, which no server takes, since flags and exptime are missing. */
const bare: RequestFields = { opcode: Opcode.Set, ...fields, extras: new Uint8Array(0) };
const whole: RequestFields = requests.set(fields.key, fields.value, fields);

const everyField = (request: BinaryRequest): void => {
  // The key with a character for each byte, as by hand.
  const { opcode, vbucket, opaque, cas, flags, exptime, latin1Key, valueView } = request;
  sink.sum += opcode + vbucket + opaque + flags + exptime + latin1Key.length + valueView.start + (cas === 0n ? 0 : 1);
};

const byHand = (chunk: Buffer, at: number): number => {
  const { opcode, vbucket, opaque, cas, flags, exptime, key, value } = decodeSet(chunk, at);
  sink.sum += opcode + vbucket + opaque + flags + exptime + key.length + value.start + (cas === 0n ? 0 : 1);
  return value.end;
};

/** The binary codec. */
export function binaryRows(): readonly Row[] {
  const client = memcachedBinaryClient()();
  const server = memcachedBinaryServer()();
  const [bareFrame, wholeFrame] = [bare, whole].map((request) => encodeMessage(client, request)) as [Buffer, Buffer];
  const large = Buffer.alloc(24 * 1024, 1);
  const answered = { opcode: Opcode.Get, opaque: 7242 };
  const hit = responses.hit(answered, large, 0, 1);
  return [
    {
      title: 'binary: encode SET, 40 B',
      most: 1.5,
      works: new Map([
        ['ours', encoding(client, bare)],
        ['by hand', repeat(() => (sink.sum += encodeSet(fields, 0)))],
      ]),
    },
    {
      title: 'binary: encode SET, 48 B',
      most: 1.5,
      works: new Map([
        ['ours', encoding(client, whole)],
        ['by hand', repeat(() => (sink.sum += encodeSet(fields, 8)))],
        ['ours, made by requests.set()', encoding(client, whole, () => requests.set(fields.key, fields.value, fields))],
      ]),
    },
    {
      title: 'binary: decode SET, 40 B, every field',
      most: 1.5,
      works: new Map([
        ['ours', decoding(server, chunkOf([bareFrame]), everyField)],
        ['by hand', reading(chunkOf([bareFrame]), byHand)],
      ]),
    },
    {
      title: 'binary: decode SET, 48 B, every field',
      most: 1.5,
      works: new Map([
        ['ours', decoding(server, chunkOf([wholeFrame]), everyField)],
        ['by hand', reading(chunkOf([wholeFrame]), byHand)],
        ['ours, no field read', decoding(server, chunkOf([wholeFrame]), (request) => (sink.last = request))],
      ]),
    },
    {
      title: 'binary: encode hit, 24 KiB',
      works: new Map([
        ['ours', encoding(server, hit)],
        ['by hand', repeat(() => (sink.sum += encodeHit(7242, large).length))],
        ['by hand, the body copied', repeat(() => (sink.sum += encodeCopiedHit(7242, large)))],
      ]),
    },
  ];
}
