import {
  type BinaryRequest,
  type BinaryResponse,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  type RequestFields,
  requests,
} from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';
import { type CodecVector, codecVectors } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { decodeAll, plainRequest, plainResponse } from './plain.ts';
import { bytesOf, problemRows, requestRows, responseRows } from './table.ts';

const server = memcachedBinaryServer();
const client = memcachedBinaryClient();

test('there is a request for every opcode', () => {
  const seen = new Set(requestRows.map(({ message }) => message.opcode));
  expect(Object.values(Opcode).filter((opcode) => !seen.has(opcode))).toEqual([]);
});

describe('requests', () => {
  // What the functions make is compared with what is received, and encoded to what was received.
  const vectors = requestRows.map(({ name, bytes, message }): CodecVector<BinaryRequest> => ({
    name,
    bytes,
    messages: [message as BinaryRequest],
    canonical: true,
  }));
  const bad: CodecVector<BinaryRequest>[] = [
    { name: 'a response', bytes: bytesOf('81 00'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'text', bytes: 'get k\r\n', messages: [], error: 'WIRE_PROTOCOL' },
    {
      name: 'another magic behind a request',
      bytes: Buffer.concat([requestRows[0]!.bytes, bytesOf('00')]),
      messages: [requestRows[0]!.message as BinaryRequest],
      error: 'WIRE_PROTOCOL',
    },
    {
      name: 'a body of 1 GiB and a byte',
      bytes: bytesOf('80 01 0001 08 00 0000 40000001 00000000 0000000000000000'),
      messages: [],
      error: 'WIRE_PROTOCOL',
    },
  ];
  const options = { describe: plainRequest as (message: BinaryRequest) => unknown, opposite: client as never };
  for (const { name, run } of codecVectors('server', server, [...vectors, ...bad], options)) test(name, run);

  test.each(requestRows)('$name: what was received is sent on as it came', ({ bytes }) => {
    const [request] = decodeAll(server(), bytes);
    expect(encodeMessage(client(), request!)).toEqual(bytes);
    expect(request!.problem).toBeUndefined();
  });
});

describe('requests that cannot be done', () => {
  const vectors = problemRows.map(({ name, bytes }): CodecVector<BinaryRequest> => {
    const [request] = decodeAll(server(), bytes);
    return { name, bytes, messages: [request!], canonical: true };
  });
  const options = { describe: plainRequest as (message: BinaryRequest) => unknown, opposite: client };
  for (const { name, run } of codecVectors('server', server, vectors, options)) test(name, run);

  test.each(problemRows)('$name', ({ bytes, code, status, fatal }) => {
    // What comes behind is not touched.
    const all = decodeAll(server(), Buffer.concat([bytes, requestRows[0]!.bytes]));
    expect(all[0]!.problem).toEqual({ code, status, fatal });
    expect(all.slice(1).map(plainRequest)).toEqual([plainRequest(requestRows[0]!.message)]);
  });

  test('whatever the lengths claim, nothing beyond the frame is read', () => {
    for (const { bytes } of problemRows) {
      const [request] = decodeAll(
        server(),
        Buffer.concat([bytes, Buffer.alloc(70_000, 'S')]).subarray(0, bytes.length),
      );
      const { key, latin1Key, extras, value, keyView, flags, exptime, delta, initial, level } = request!;
      const read = [key, latin1Key, extras.toString(), value.toString(), keyView.toString()].join('');
      expect(read).not.toContain('S');
      expect(extras.length + keyView.length + value.length).toBeLessThanOrEqual(bytes.length - 24 + 255);
      expect([flags, exptime, Number(delta), Number(initial), level].every((n) => n <= 0x04030201)).toBe(true);
    }
  });

  test('what a server would refuse is refused where it is made', () => {
    const refused: [RequestFields, RegExp][] = [
      [requests.get(''), /Get cannot have a key of 0 bytes/],
      [requests.set('k'.repeat(251), 'v'), /Set cannot have a key of 251 bytes/],
      [requests.get('ä'.repeat(126)), /Get cannot have a key of 252 bytes/],
      [{ opcode: Opcode.Noop, value: 'x' }, /Noop cannot have a key of 0 bytes and a value of 1/],
      [{ opcode: Opcode.Version, key: 'x' }, /Version cannot have a key of 1 bytes/],
    ];
    for (const [request, message] of refused) expect(() => encodeMessage(client(), request)).toThrow(message);
  });

  test('with extras of their own they can be made all the same', () => {
    const request = { opcode: Opcode.Set, opaque: 7242, vbucket: 824, key: 'somekey', value: 'somevalue' };
    const { bytes } = problemRows.find(({ name }) => name === 'Set without extras')!;
    expect(encodeMessage(client(), { ...request, extras: Buffer.alloc(0) })).toEqual(bytes);
    expect(() => encodeMessage(client(), { opcode: 0, extras: Buffer.alloc(256) })).toThrow(/at most 255/);
    expect(() => encodeMessage(client(), { opcode: 0, extras: Buffer.alloc(0), key: 'k'.repeat(65_536) })).toThrow(
      /at most 65535/,
    );
    const unknown = problemRows.find(({ name }) => name === 'an unknown opcode with extras, key and value')!;
    const others = { opcode: 0x30, opaque: 7, key: 'k', value: 'v', extras: bytesOf('01020304') };
    expect(encodeMessage(client(), others)).toEqual(unknown.bytes);
  });
});

describe('responses', () => {
  const vectors = responseRows.map(({ name, bytes, message }): CodecVector<BinaryResponse> => ({
    name,
    bytes,
    messages: [message as BinaryResponse],
    canonical: true,
  }));
  const bad: CodecVector<BinaryResponse>[] = [
    { name: 'a request', bytes: bytesOf('80'), messages: [], error: 'WIRE_PROTOCOL' },
    {
      name: 'a body of 4 GiB',
      bytes: bytesOf('81 00 0000 04 00 0000 ffffffff 00000000 0000000000000000'),
      messages: [],
      error: 'WIRE_PROTOCOL',
    },
  ];
  const options = { describe: plainResponse as (message: BinaryResponse) => unknown, opposite: server as never };
  for (const { name, run } of codecVectors('client', client, [...vectors, ...bad], options)) test(name, run);

  test.each(responseRows)('$name: what was received is sent on as it came', ({ bytes }) => {
    const [response] = decodeAll(client(), bytes);
    expect(encodeMessage(server(), response!)).toEqual(bytes);
    expect(response!.problem).toBeUndefined();
  });

  test('lengths that cannot be, and a counter that is none, are told', () => {
    const problems = [
      '81 00 0005 00 00 0000 00000003 00000000 0000000000000000 616263',
      '81 05 0000 00 00 0000 00000003 00000000 0000000000000000 616263',
      '81 05 0000 00 00 0001 00000003 00000000 0000000000000000 616263',
    ].map((bytes) => decodeAll(client(), bytesOf(bytes))[0]!.problem);
    expect(problems).toEqual(['invalid-lengths', 'invalid-value', undefined]);
  });
});
