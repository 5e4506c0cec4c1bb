import {
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  type RequestFields,
  requests,
  responses,
} from '@wirewright/codec-memcached-binary';
import { ByteReader, ByteWriter, type Codec, encodeMessage } from '@wirewright/core/codec';

import type { Work } from '../interleave.ts';
import { decodeSet, encodeHit, encodeSet } from './handwritten.ts';

/** One line of the table: ours first, then by hand. */
export interface Row {
  readonly title: string;
  /** How many times as long as by hand ours takes at most. */
  readonly most?: number;
  readonly works: ReadonlyMap<string, Work>;
}

/** Bytes after which the batch is taken, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** Frames in a chunk. */
const FRAMES = 64;

/** What was read is added up here, so that nothing of it can be left out. */
export const sink: { sum: number; last: unknown } = { sum: 0, last: undefined };

const repeat =
  (step: () => void): Work =>
  (times) => {
    for (let i = 0; i < times; i++) step();
  };

const fields = { opaque: 7242, vbucket: 824, key: 'somekey', value: 'somevalue' };

/** As the Go benchmarks have it: 40 bytes, which no server takes, since flags and exptime are missing. */
const bare: RequestFields = { opcode: Opcode.Set, ...fields, extras: new Uint8Array(0) };
const whole: RequestFields = requests.set(fields.key, fields.value, fields);

/** The codec alone, without what a connection does around it. */
function encoding<Out>(codec: Codec<unknown, Out>, message: Out, make?: () => Out): Work {
  const writer = new ByteWriter();
  writer.begin();
  const taken = (): void => {
    const batch = writer.take();
    sink.sum += batch.size;
    writer.giveBack(batch, true);
  };
  return (times) => {
    for (let i = 0; i < times; i++) {
      codec.encode(make === undefined ? message : make(), writer);
      if (writer.size >= BATCH) taken();
    }
  };
}

function decoding(read: (chunk: Buffer) => void, request: RequestFields): Work {
  const frame = encodeMessage(memcachedBinaryClient()(), request);
  const chunk = Buffer.concat(Array.from({ length: FRAMES }, () => frame));
  return repeat(() => read(chunk));
}

/** Takes the frames off a chunk one by one. */
function taking(look: (input: ByteReader, codec: ReturnType<ReturnType<typeof memcachedBinaryServer>>) => void) {
  const codec = memcachedBinaryServer()();
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  return (chunk: Buffer): void => {
    if (input.length === 0) input.push(chunk);
    look(input, codec);
  };
}

const byHand = (): ((chunk: Buffer) => void) => {
  let at = 0;
  return (chunk) => {
    if (at === chunk.length) at = 0;
    const { opcode, vbucket, opaque, cas, flags, exptime, key, value } = decodeSet(chunk, at);
    sink.sum += opcode + vbucket + opaque + flags + exptime + key.length + value.start + (cas === 0n ? 0 : 1);
    at = value.end;
  };
};

/** The key with a character for each byte, as by hand. */
const everyField = taking((input, codec) => {
  const request = codec.decode(input)!;
  const { opcode, vbucket, opaque, cas, flags, exptime, latin1Key, valueView } = request;
  sink.sum += opcode + vbucket + opaque + flags + exptime + latin1Key.length + valueView.start + (cas === 0n ? 0 : 1);
});

export function codecRows(): readonly Row[] {
  const client = memcachedBinaryClient()();
  const server = memcachedBinaryServer()();
  const large = Buffer.alloc(24 * 1024, 1);
  const answered = { opcode: Opcode.Get, opaque: 7242 };
  const hit = responses.hit(answered, large, 0, 1);
  return [
    {
      title: 'encode SET, 40 B',
      most: 1.5,
      works: new Map([
        ['ours', encoding(client, bare)],
        ['by hand', repeat(() => (sink.sum += encodeSet(fields, 0)))],
      ]),
    },
    {
      title: 'encode SET, 48 B',
      most: 1.5,
      works: new Map([
        ['ours', encoding(client, whole)],
        ['by hand', repeat(() => (sink.sum += encodeSet(fields, 8)))],
        ['ours, made by requests.set()', encoding(client, whole, () => requests.set(fields.key, fields.value, fields))],
      ]),
    },
    {
      title: 'decode SET, 40 B, every field',
      most: 1.5,
      works: new Map([
        ['ours', decoding(everyField, bare)],
        ['by hand', decoding(byHand(), bare)],
      ]),
    },
    {
      title: 'decode SET, 48 B, every field',
      most: 1.5,
      works: new Map([
        ['ours', decoding(everyField, whole)],
        ['by hand', decoding(byHand(), whole)],
        [
          'ours, no field read',
          decoding(
            taking((input, codec) => (sink.last = codec.decode(input))),
            whole,
          ),
        ],
      ]),
    },
    {
      title: 'encode hit, 24 KiB',
      works: new Map([
        ['ours', encoding(server, hit)],
        ['by hand', repeat(() => (sink.sum += encodeHit(7242, large).length))],
      ]),
    },
  ];
}
