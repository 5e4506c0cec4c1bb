import { Buffer } from 'node:buffer';

import {
  BinaryRequest,
  type BinaryResponse,
  ItemResponse,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  requests,
  responses,
} from '@wirewright/codec-memcached-binary';
import { ByteWriter, encodeInto, encodeMessage } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

import { answered, decodeAll } from './plain.ts';

const server = memcachedBinaryServer();
const client = memcachedBinaryClient();

describe('a relay', () => {
  test('sends a frame on with an opaque of its own, and the one it came with is not touched', () => {
    for (const value of ['v', 'x'.repeat(5000)]) {
      const bytes = encodeMessage(client(), requests.set('k', value, { opaque: 1, cas: 7, vbucket: 3 }));
      const [request] = decodeAll(server(), bytes);
      request!.opaque = 0xfffffffe;
      expect(request!.opaque).toBe(0xfffffffe);
      const expected = Buffer.from(bytes);
      expected.writeUInt32BE(0xfffffffe, 12);
      expect(encodeMessage(client(), request!)).toEqual(expected);
      expect(bytes.readUInt32BE(12)).toBe(1);
      expect(encodeMessage(client(), request!.retain())).toEqual(expected);
      request!.opaque = 1;
      expect(encodeMessage(client(), request!)).toEqual(bytes);
    }
    const response = answered(responses.success({ opcode: Opcode.Noop, opaque: 5 }));
    response.opaque = 6;
    expect(encodeMessage(server(), response)).toEqual(
      encodeMessage(server(), responses.success({ opcode: Opcode.Noop, opaque: 6 })),
    );
    expect(() => (response.opaque = -1)).toThrow(/unsigned 32-bit/);
  });

  test('from a store is copied as it is sent, with the key where the request wants it', () => {
    const memory = Buffer.from('....some keysome value....');
    const item = {
      buffer: memory,
      keyStart: 4,
      keyEnd: 12,
      valueStart: 12,
      valueEnd: 22,
      flags: 7,
      casHigh: 1,
      casLow: 2,
    };
    const reply = new ItemResponse();
    for (const [opcode, key] of [
      [Opcode.Get, ''],
      [Opcode.GatKQ, 'some key'],
    ] as const) {
      const [request] = decodeAll(server(), encodeMessage(client(), { opcode, key: 'asked', opaque: 9, exptime: 0 }));
      const bytes = encodeMessage(server(), reply.hit(request as BinaryRequest, item));
      memory.fill('.', 12, 22);
      const response = decodeAll(client(), bytes)[0] as BinaryResponse;
      const { status, flags, cas, opaque } = response;
      expect([response.key, response.text(), status, flags, cas, opaque]).toEqual([
        key,
        'some value',
        0,
        7,
        (1n << 32n) | 2n,
        9,
      ]);
      memory.write('some value', 12);
      expect(server().describe!(reply)).toEqual({ text: expect.stringContaining('10 bytes'), secret: false });
    }
    expect(() => encodeMessage(server(), new ItemResponse())).toThrow(/hit\(\)/);
  });

  test('a frame of which one copy has another opaque can go two ways in one batch', () => {
    const [request] = decodeAll(server(), encodeMessage(client(), requests.get('key', { opaque: 1 })));
    const writer = new ByteWriter();
    for (const opaque of [2, 3]) {
      request!.opaque = opaque;
      encodeInto(client(), request!, writer);
    }
    expect(decodeAll(server(), writer.takeBytes()).map(({ opaque }) => opaque)).toEqual([2, 3]);
  });

  test('a long value leaves by reference', () => {
    const value = Buffer.alloc(24 * 1024, 1);
    const writer = new ByteWriter();
    encodeInto(server(), responses.hit({ opcode: Opcode.Get }, value), writer);
    const { segments } = writer.take();
    expect((segments as Uint8Array[]).includes(value)).toBe(true);
    const [response] = decodeAll(client(), encodeMessage(server(), responses.hit({ opcode: Opcode.Get }, value)));
    encodeInto(server(), response!, writer);
    const relayed = writer.take().segments as Uint8Array;
    expect([relayed].flat().some((segment) => segment.buffer === response!.value.buffer)).toBe(true);
  });
});
