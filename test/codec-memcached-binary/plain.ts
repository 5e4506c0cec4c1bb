import { Buffer } from 'node:buffer';

import {
  BinaryRequest,
  BinaryResponse,
  type Cas,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  type RequestFields,
  type ResponseFields,
} from '@wirewright/codec-memcached-binary';
import { ByteReader, ByteView, type Codec, decodeNext, encodeMessage, type FrameBody } from '@wirewright/core/codec';

/** Everything in a request, whether it was received or is to be sent. */
export function plainRequest(request: RequestFields): object {
  const {
    opcode,
    opaque = 0,
    vbucket = 0,
    cas = 0,
    key,
    value,
    flags = 0,
    exptime = 0,
    delta = 0,
    initial = 0,
    level = 0,
  } = request;
  const received = request instanceof BinaryRequest;
  return {
    opcode,
    opaque,
    vbucket,
    cas: casOf(cas),
    key: received ? request.latin1Key : latin1(key),
    value: latin1(value),
    flags,
    exptime,
    delta: BigInt(delta),
    initial: BigInt(initial),
    level,
    problem: received ? request.problem?.code : undefined,
  };
}

const COUNTERS: ReadonlySet<number> = new Set([
  Opcode.Increment,
  Opcode.IncrementQ,
  Opcode.Decrement,
  Opcode.DecrementQ,
]);

/** Everything in a response, whether it was received or is to be sent. */
export function plainResponse(response: ResponseFields): object {
  const { opcode, status = 0, opaque = 0, cas = 0, key, value, flags = 0, counter = 0 } = response;
  const received = response instanceof BinaryResponse;
  const problem = received ? response.problem : undefined;
  return {
    opcode,
    status,
    opaque,
    cas: casOf(cas),
    key: received ? response.latin1Key : latin1(key),
    // That of a counter is compared as a number.
    value: problem === undefined && status === 0 && COUNTERS.has(opcode) ? '' : latin1(value),
    flags,
    counter: BigInt(counter),
    problem,
  };
}

/** Decodes all of `bytes`. */
export function decodeAll<In>(codec: Codec<In, never>, bytes: Uint8Array): In[] {
  const input = new ByteReader(bytes);
  input.maxFrameLength = codec.maxFrameLength!;
  const messages: In[] = [];
  for (let message = decodeNext(codec, input); message !== undefined; message = decodeNext(codec, input)) {
    messages.push(message);
  }
  return messages;
}

function casOf(cas: Cas): bigint {
  return typeof cas === 'object' ? (BigInt(cas.casHigh) << 32n) | BigInt(cas.casLow) : BigInt(cas);
}

function latin1(body: FrameBody = ''): string {
  if (typeof body === 'string') return Buffer.from(body).toString('latin1');
  return (body instanceof ByteView ? body : new ByteView(body)).toString('latin1');
}

/** A response as a client gets it. */
export function answered(response: ResponseFields): BinaryResponse {
  return decodeAll(memcachedBinaryClient()(), encodeMessage(memcachedBinaryServer()(), response))[0]!;
}
