import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { quasizeroClientCodec, quasizeroServerCodec } from '@wirewright/codec-quasizero';
import { ByteReader, ByteWriter, encodeInto, encodeMessage } from '@wirewright/core/codec';
import { PbfReader, PbfWriter } from 'pbf';

import { RequestSchema } from '../../generated/bufbuild.js';
import { readRequest, writeRequest } from '../../generated/pbf.js';
import { quasizero } from '../../generated/protobufjs.js';
import { interleave, type Timing, type Work } from '../interleave.ts';

/** A request as every library has it. */
interface PlainRequest {
  readonly code: number;
  readonly metadata: Record<string, string>;
  readonly payload: Uint8Array;
}

const requests: Readonly<Record<string, PlainRequest>> = {
  code: { code: 1, metadata: {}, payload: new Uint8Array() },
  'payload of 100 B': { code: 2, metadata: {}, payload: new Uint8Array(100).fill(120) },
  '2 metadata, payload of 1 KiB': {
    code: 2,
    metadata: { 'trace-id': '4bf92f3577b34da6a3ce929d0e0e4736', user: 'ada.lovelace' },
    payload: new Uint8Array(1024).fill(120),
  },
};

/** Timings of one message one way: ours first, with ratios to it. */
export interface CodecTimings {
  readonly way: 'encode' | 'decode';
  readonly message: string;
  readonly timings: readonly Timing[];
}

/** Bytes after which the batch is taken, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** Frames in a chunk. */
const FRAMES = 32;

/** What was read is added up here, so that nothing of it can be left out. */
let sum = 0;

const repeat =
  (step: () => void): Work =>
  (times) => {
    for (let i = 0; i < times; i++) step();
  };

/** Ours appends to a batch, behind the length of the frame; the others make bytes without it. */
function encoders(request: PlainRequest): ReadonlyMap<string, Work> {
  const { code, metadata, payload } = request;
  const codec = quasizeroClientCodec()();
  const writer = new ByteWriter();
  const ours = { code, metadata: new Map(Object.entries(metadata)), payload };
  const protobufjsRequest = new quasizero.Request(request);
  const bufbuildRequest = create(RequestSchema, request);
  return new Map([
    [
      'ours',
      repeat(() => {
        encodeInto(codec, ours, writer);
        if (writer.size < BATCH) return;
        const batch = writer.take();
        sum += batch.size;
        writer.giveBack(batch, true);
      }),
    ],
    ['protobufjs', repeat(() => (sum += quasizero.Request.encode(protobufjsRequest).finish().length))],
    ['@bufbuild/protobuf', repeat(() => (sum += toBinary(RequestSchema, bufbuildRequest).length))],
    [
      'pbf',
      repeat(() => {
        const pbf = new PbfWriter();
        writeRequest({ code, metadata, payload }, pbf);
        sum += pbf.finish().length;
      }),
    ],
  ]);
}

/** Every field is read. Ours takes frames off a chunk; the others get the bytes of a message by itself. */
function decoders(request: PlainRequest): ReadonlyMap<string, Work> {
  const frame = encodeMessage(quasizeroClientCodec()(), request);
  const body = quasizero.Request.encode(new quasizero.Request(request)).finish();
  const chunk = Buffer.concat(Array.from({ length: FRAMES }, () => frame));
  const codec = quasizeroServerCodec()();
  const input = new ByteReader();
  input.maxFrameLength = codec.maxFrameLength!;
  const keys = Object.keys(request.metadata);
  const read = (metadata: Record<string, string>): void => {
    for (const key of keys) sum += metadata[key]!.length;
  };
  return new Map([
    [
      'ours',
      repeat(() => {
        if (input.length === 0) input.push(chunk);
        const message = codec.decode(input)!;
        sum += message.code + message.payload.length;
        const { metadata } = message;
        for (const key of keys) sum += metadata.get(key)!.length;
      }),
    ],
    [
      'protobufjs',
      repeat(() => {
        const message = quasizero.Request.decode(body);
        sum += message.code! + message.payload.length;
        read(message.metadata);
      }),
    ],
    [
      '@bufbuild/protobuf',
      repeat(() => {
        const message = fromBinary(RequestSchema, body);
        sum += message.code + message.payload.length;
        read(message.metadata);
      }),
    ],
    [
      'pbf',
      repeat(() => {
        const message = readRequest(new PbfReader(body));
        sum += message.code + (message.payload?.length ?? 0);
        read(message.metadata);
      }),
    ],
  ]);
}

/** How often each is run before anything is timed, and in how many turns. */
const WARM_TIMES = 20_000;
const WARM_TURNS = 5;

/**
 * Times every message both ways, each in `rounds` rounds. All of them are warmed up together first: a program does not get messages of
 * one kind alone, and what is compiled for those alone is not what it runs.
 */
export function codecTimings(rounds: number, onStep: (title: string) => void): CodecTimings[] {
  const rows = (['encode', 'decode'] as const).flatMap((way) =>
    Object.entries(requests).map(([message, request]) => {
      const works = way === 'encode' ? encoders(request) : decoders(request);
      return { way, message, works };
    }),
  );
  onStep('warming up');
  for (let turn = 0; turn < WARM_TURNS; turn++) {
    for (const { works } of rows) for (const work of works.values()) work(WARM_TIMES);
  }
  const results = rows.map(({ way, message, works }) => {
    onStep(`${way} ${message}`);
    return { way, message, timings: interleave(works, rounds) };
  });
  if (!Number.isFinite(sum)) throw new Error('something was read that is not there');
  return results;
}
