import { Buffer } from 'node:buffer';

import {
  BinaryRequest,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  requests,
  responses,
  Status,
} from '@wirewright/codec-memcached-binary';
import { ByteReader, decodeEnd, decodeNext, encodeMessage, InvalidOptionError } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { decodeAll } from './plain.ts';

const server = memcachedBinaryServer();
const client = memcachedBinaryClient();

describe('a frame over the limit', () => {
  const small = memcachedBinaryServer({ maxFrameLength: 512 });
  const set = requests.set('big', 'x'.repeat(2000), { opaque: 9, flags: 7, exptime: 8, cas: 5 });
  const next = encodeMessage(client(), requests.get('next'));
  const bytes = Buffer.concat([encodeMessage(client(), set), next]);

  test('comes as a message without its value, however it is cut, and what is behind it is not lost', () => {
    for (const step of [bytes.length, 1, 7, 36, 37, 100]) {
      const codec = small();
      const input = new ByteReader();
      input.maxFrameLength = codec.maxFrameLength!;
      const got: BinaryRequest[] = [];
      let held = 0;
      for (let at = 0; at < bytes.length; at += step) {
        // Memory of its own, as a socket's chunks have it.
        input.push(new Uint8Array(bytes.subarray(at, at + step)));
        for (let m = decodeNext(codec, input); m !== undefined; m = decodeNext(codec, input)) got.push(m.retain());
        if (step < 512) held = Math.max(held, input.memory);
      }
      expect(held).toBeLessThan(1024);
      expect(got.map(({ opcode }) => opcode)).toEqual([Opcode.Set, Opcode.Get]);
      const [big] = got;
      expect([big!.key, big!.opaque, big!.flags, big!.exptime, big!.cas]).toEqual(['big', 9, 7, 8, 5n]);
      expect([big!.tooLarge, big!.valueLength, big!.value.length, big!.text()]).toEqual([true, 2000, 0, '']);
      expect(big!.problem).toEqual({ code: 'too-large', status: Status.TooLarge, fatal: false });
      expect(got[1]!.tooLarge).toBe(false);
    }
  });

  test('it is answered, and the connection lives', () => {
    const embedded = embed(small, {
      onRead: (to, request) =>
        to.send(
          request.problem === undefined ? responses.miss(request) : responses.failure(request, request.problem.status),
        ),
    });
    embedded.feed(bytes);
    const answers = decodeAll(client(), embedded.sent());
    expect(answers.map(({ status, opaque }) => [status, opaque])).toEqual([
      [3, 9],
      [1, 0],
    ]);
    expect([embedded.errors, embedded.closeReasons]).toEqual([[], []]);
    embedded.connection.destroy();
  });

  test('the end of the input inside of what is skipped is told', () => {
    for (const end of [24, 35, 36, 100, 2034]) {
      const codec = small();
      const input = new ByteReader(bytes.subarray(0, end));
      input.maxFrameLength = codec.maxFrameLength!;
      expect(decodeNext(codec, input)).toBeUndefined();
      expect(() => decodeEnd(codec, input)).toThrow(expect.objectContaining({ code: 'WIRE_TRUNCATED', received: end }));
    }
  });

  test('what is skipped has no more time than what is gathered', () => {
    const embedded = embed(small, {}, { frameTimeout: 1000 });
    for (const byte of bytes.subarray(0, 300)) embedded.feed(Buffer.of(byte)).advance(10);
    expect([embedded.messages, embedded.connection.closeReason]).toEqual([[], 'frame-timeout']);
  });

  test('wrong lengths come first, and a key that is too long is not kept', () => {
    const codec = memcachedBinaryServer({ maxFrameLength: 512 })();
    const frame = (key: number, body: number): Buffer =>
      Buffer.concat([
        encodeMessage(client(), {
          opcode: 1,
          extras: Buffer.alloc(0),
          key: 'k'.repeat(key),
          value: 'v'.repeat(body - key),
        }),
      ]);
    const [long] = decodeAll(codec, frame(251, 3000));
    expect([long!.problem!.code, long!.key, long!.keyLength, long!.tooLarge]).toEqual([
      'invalid-arguments',
      '',
      251,
      true,
    ]);
    const bare = frame(250, 3000);
    bare.writeUInt16BE(65_535, 2);
    expect(decodeAll(codec, bare)[0]!.problem!.code).toBe('invalid-lengths');
  });

  test('it cannot be sent on, but a response can be too large, too', () => {
    const [big] = decodeAll(small(), bytes);
    expect(() => encodeMessage(client(), big!)).toThrow(/its value was skipped/);
    const answer = encodeMessage(server(), responses.hit({ opcode: Opcode.GetK, key: 'k' }, 'x'.repeat(600), 3));
    const [response] = decodeAll(memcachedBinaryClient({ maxFrameLength: 512 })(), answer);
    expect([response!.problem, response!.key, response!.flags, response!.valueLength]).toEqual([
      'too-large',
      'k',
      3,
      600,
    ]);
  });

  test('the limit holds for what is sent, and is checked at once', () => {
    const codec = memcachedBinaryClient({ maxFrameLength: 512 })();
    expect(encodeMessage(codec, requests.set('k', 'x'.repeat(503)))).toHaveLength(536);
    expect(() => encodeMessage(codec, requests.set('k', 'x'.repeat(504)))).toThrow(
      /513 bytes is over the limit of 512/,
    );
    expect(() => encodeMessage(small(), responses.hit({ opcode: 0 }, 'x'.repeat(509)))).toThrow(/over the limit/);
    expect(encodeMessage(client(), requests.set('k'.repeat(250), Buffer.alloc(1024 * 1024)))).toHaveLength(
      1024 * 1024 + 282,
    );
    expect(() => memcachedBinaryServer({ maxFrameLength: 511 })).toThrow(InvalidOptionError);
    expect(() => memcachedBinaryClient({ maxFrameLength: 2 ** 30 + 1 })).toThrow(InvalidOptionError);
    expect(() => memcachedBinaryClient({ max: 1 } as never)).toThrow(/no option 'max'/);
  });
});
