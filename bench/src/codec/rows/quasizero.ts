import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { quasizeroClient, quasizeroServer } from '@wirewright/codec-quasizero';
import { ByteWriter, encodeInto, encodeMessage } from '@wirewright/core/codec';
import { PbfReader, PbfWriter } from 'pbf';

import { type Request, RequestSchema } from '../../../generated/bufbuild.js';
import { readRequest, writeRequest } from '../../../generated/pbf.js';
import { type PlainMessage, quasizero } from '../../../generated/protobufjs.js';
import type { CodecRows, Doer, MakeDoer, Row } from '../row.ts';
import { chunkOf, decoding, messagesOf, sink } from '../work.ts';

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

/** How many times as fast as each of the libraries encoding is at least, and decoding. */
const LEAST = { encode: 2.5, decode: 0.9 };

/** Bytes after which the batch is taken, as a connection does at the end of a turn. */
const BATCH = 32 * 1024;

/** Frames in a chunk. */
const FRAMES = 32;

/** What a frame says: everyone's bytes are read by ours, since they may leave out or write what is empty. */
function requestIn(frame: Uint8Array): PlainRequest {
  const [request] = messagesOf(quasizeroServer()(), Buffer.from(frame), ({ code, metadata, payload }) => ({
    code,
    metadata: Object.fromEntries(metadata),
    payload: new Uint8Array(payload),
  }));
  return request!;
}

/** A message behind its length. */
function framed(body: Uint8Array): Uint8Array {
  const length = new PbfWriter();
  length.writeVarint(body.length);
  return Buffer.concat([length.finish(), body]);
}

/** A library that makes bytes of a message, without the length in front. Each has a `work` of its own, which V8 compiles for it alone. */
function encoder(encode: () => Uint8Array, work: () => void): MakeDoer {
  return () => ({ gives: () => requestIn(framed(encode())), work });
}

/** Ours appends to a batch, behind the length of the frame. */
function encodeOurs({ code, metadata, payload }: PlainRequest): Doer {
  const codec = quasizeroClient()();
  const writer = new ByteWriter();
  const request = { code, metadata: new Map(Object.entries(metadata)), payload };
  return {
    gives: () => requestIn(encodeMessage(codec, request)),
    work: () => {
      encodeInto(codec, request, writer);
      if (writer.size < BATCH) return;
      const batch = writer.take();
      sink.sum += batch.size;
      writer.giveBack(batch, true);
    },
  };
}

function encodeRow(message: string, request: PlainRequest): Row {
  const { code, metadata, payload } = request;
  const protobufjsRequest = new quasizero.Request(request);
  const bufbuildRequest = create(RequestSchema, request);
  const byProtobufjs = (): Uint8Array => quasizero.Request.encode(protobufjsRequest).finish();
  const byBufbuild = (): Uint8Array => toBinary(RequestSchema, bufbuildRequest);
  const byPbf = (): Uint8Array => {
    const pbf = new PbfWriter();
    writeRequest({ code, metadata, payload }, pbf);
    return pbf.finish();
  };
  return {
    name: `quasizero: encode ${message}`,
    gives: request,
    ours: () => encodeOurs(request),
    peers: {
      protobufjs: encoder(byProtobufjs, () => {
        sink.sum += byProtobufjs().length;
      }),
      '@bufbuild/protobuf': encoder(byBufbuild, () => {
        sink.sum += byBufbuild().length;
      }),
      pbf: encoder(byPbf, () => {
        sink.sum += byPbf().length;
      }),
    },
    least: LEAST.encode,
  };
}

/** A message as libraries read it; what is empty may be left out. */
interface ReadRequest {
  readonly code?: number | undefined;
  readonly metadata: Record<string, string>;
  readonly payload?: Uint8Array | undefined;
}

/** A library that reads a message, with a `work` of its own as above. */
function decoder(decode: () => ReadRequest, work: () => void): MakeDoer {
  return () => ({
    gives: () => {
      const { code = 0, metadata, payload = [] } = decode();
      return { code, metadata: { ...metadata }, payload: new Uint8Array(payload) };
    },
    work,
  });
}

/** Every field is read. Ours takes frames off a chunk; the others get the bytes of a message by itself. */
function decodeRow(message: string, request: PlainRequest): Row {
  const frame = encodeMessage(quasizeroClient()(), request);
  const body = quasizero.Request.encode(new quasizero.Request(request)).finish();
  const codec = quasizeroServer()();
  const keys = Object.keys(request.metadata);
  const readMetadata = (metadata: Record<string, string>): void => {
    for (const key of keys) sink.sum += metadata[key]!.length;
  };
  const byProtobufjs = (): PlainMessage => quasizero.Request.decode(body);
  const byBufbuild = (): Request => fromBinary(RequestSchema, body);
  const byPbf = (): ReadRequest => readRequest(new PbfReader(body));
  return {
    name: `quasizero: decode ${message}`,
    gives: request,
    ours: () => ({
      gives: () => requestIn(frame),
      work: decoding(codec, chunkOf([frame], FRAMES), ({ code, metadata, payload }) => {
        sink.sum += code + payload.length;
        for (const key of keys) sink.sum += metadata.get(key)!.length;
      }),
    }),
    peers: {
      protobufjs: decoder(byProtobufjs, () => {
        const { code, metadata, payload } = byProtobufjs();
        sink.sum += code! + payload.length;
        readMetadata(metadata);
      }),
      '@bufbuild/protobuf': decoder(byBufbuild, () => {
        const { code, metadata, payload } = byBufbuild();
        sink.sum += code + payload.length;
        readMetadata(metadata);
      }),
      pbf: decoder(byPbf, () => {
        const { code, metadata, payload } = byPbf();
        sink.sum += code! + (payload?.length ?? 0);
        readMetadata(metadata);
      }),
    },
    least: LEAST.decode,
  };
}

/** Three requests both ways. */
export function quasizeroRows(): CodecRows {
  const messages = Object.entries(requests);
  return {
    rows: [
      ...messages.map(([message, request]) => encodeRow(message, request)),
      ...messages.map(([message, request]) => decodeRow(message, request)),
    ],
    notes: ['protobuf libraries write and read the message alone, ours the length in front of it as well'],
  };
}
