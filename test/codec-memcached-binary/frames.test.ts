import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';

import {
  BinaryRequest,
  type BinaryResponse,
  hasKeyInAnswer,
  isQuiet,
  isSilent,
  loudOpcode,
  memcachedBinaryClient,
  memcachedBinaryServer,
  Opcode,
  opcodeName,
  quietOpcode,
  type RequestFields,
  requests,
  type ResponseFields,
  responses,
  Status,
  statusText,
} from '@wirewright/codec-memcached-binary';
import {
  ByteReader,
  ByteWriter,
  decodeNext,
  type Description,
  encodeInto,
  encodeMessage,
} from '@wirewright/core/codec';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { answered, decodeAll, plainRequest } from './plain.ts';
import { bytesOf } from './table.ts';

const server = memcachedBinaryServer();
const client = memcachedBinaryClient();

const received = (request: RequestFields, codec = server): BinaryRequest =>
  decodeAll(codec(), encodeMessage(client(), request))[0]!;

describe('a frame that was received', () => {
  const request = (): BinaryRequest =>
    received(requests.set('schlüssel', 'wért', { opaque: 0xfffffffe, cas: 2n ** 63n + 5n, flags: 1, exptime: 2 }));

  test('has its key and value as text, as bytes and as views', () => {
    const { key, latin1Key, keyView, keyLength, value, valueView, valueLength, extras, bodyLength } = request();
    expect([key, request().text(), keyView.toString(), valueView.toString()]).toEqual([
      'schlüssel',
      'wért',
      'schlüssel',
      'wért',
    ]);
    expect(latin1Key).toBe(Buffer.from('schlüssel').toString('latin1'));
    expect(value).toEqual(Buffer.from('wért'));
    expect(extras).toEqual(bytesOf('00000001 00000002'));
    expect([keyLength, valueLength, bodyLength]).toEqual([10, 5, 23]);
    expect(received(requests.get('ä'.repeat(100))).key).toBe('ä'.repeat(100));
  });

  test('has a cas as a bigint, and in halves that can be carried on', () => {
    const { cas, casHigh, casLow, hasCas } = request();
    expect([cas, casHigh, casLow, hasCas]).toEqual([2n ** 63n + 5n, 0x80000000, 5, true]);
    expect(request().sameCas({ casHigh: 0x80000000, casLow: 5 })).toBe(true);
    expect(request().sameCas({ casHigh: 0x80000000, casLow: 4 })).toBe(false);
    expect(request().sameCas({ casHigh: 0, casLow: 5 })).toBe(false);
    expect(received(requests.get('k')).hasCas).toBe(false);
    const stored = answered(responses.success({ opcode: Opcode.Set }, cas));
    expect(received(requests.delete('k', { cas: stored })).cas).toBe(cas);
    for (const value of [0n, 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      expect(received(requests.delete('k', { cas: value })).cas).toBe(value);
    }
  });

  test('has the extras of its own opcode only', () => {
    const touch = received(requests.touch('k', 5));
    expect([touch.exptime, touch.flags, touch.level, touch.delta, touch.initial]).toEqual([5, 0, 0, 0n, 0n]);
    const verbosity = received(requests.verbosity(3));
    expect([verbosity.exptime, verbosity.flags, verbosity.level]).toEqual([0, 0, 3]);
    const counter = received(requests.decrement('k', { delta: 3, initial: 4, exptime: 5 }));
    expect([counter.delta, counter.initial, counter.exptime, counter.flags]).toEqual([3n, 4n, 5, 0]);
  });

  test('retained, it owns its bytes: those around it are not kept, and may change', () => {
    const chunk = Buffer.alloc(64 * 1024);
    encodeMessage(client(), requests.set('k', 'v', { cas: 5 })).copy(chunk);
    const got = decodeNext(server(), new ByteReader(chunk))!;
    expect(got.retain()).toBe(got);
    chunk.fill(0);
    expect(plainRequest(got)).toEqual(plainRequest(requests.set('k', 'v', { cas: 5 })));
    expect(got.value.buffer.byteLength).toBeLessThan(200);
  });

  test('as JSON, and on the console, it shows what is in it and nothing of what lies around', () => {
    const bytes = Buffer.concat(
      [requests.increment('k'), requests.set('SECRET', 'x')].map((r) => encodeMessage(client(), r)),
    );
    const [got, other] = decodeAll(server(), bytes);
    const fields = {
      opcode: 5,
      opaque: 0,
      vbucket: 0,
      cas: '0',
      delta: '1',
      initial: '0',
      exptime: 0xffffffff,
      key: 'k',
    };
    expect(JSON.parse(JSON.stringify(got))).toEqual({ ...fields, value: { type: 'Buffer', data: [] } });
    expect(inspect(got)).not.toContain('SECRET');
    expect(JSON.stringify(other)).toContain('"flags":0,"exptime":0,"key":"SECRET"');
    expect(JSON.stringify(received(requests.verbosity(1)))).toContain('"level":1');
    expect(JSON.stringify(received(requests.touch('k', 7)))).toContain('"exptime":7');
    const hit = answered(responses.hit({ opcode: Opcode.Get }, 'v', 9));
    expect(JSON.stringify(hit)).toContain('"status":0,"opaque":0,"cas":"0","flags":9,"key":""');
    expect(JSON.stringify(answered(responses.counter({ opcode: Opcode.Increment }, 2n ** 63n)))).toContain(
      '"counter":"9223372036854775808"',
    );
  });

  test('types', () => {
    expectTypeOf<BinaryRequest>().toExtend<RequestFields>();
    expectTypeOf<BinaryResponse>().toExtend<ResponseFields>();
    expectTypeOf<BinaryResponse['cas']>().toEqualTypeOf<bigint>();
  });
});

test('numbers that do not fit are refused, and nothing of the message is sent', () => {
  const bad: RequestFields[] = [
    { opcode: 256 },
    { opcode: -1 },
    { opcode: undefined as never },
    Object.assign({}, received(requests.get('k'))) as never,
    requests.noop({ opaque: 2 ** 32 }),
    requests.noop({ opaque: 1.5 }),
    requests.noop({ vbucket: 65_536 }),
    requests.set('k', 'v', { opaque: -1 }),
    requests.set('k', 'v', { vbucket: 65_536 }),
    requests.set('', 'v'),
    { opcode: 256 + Opcode.Set, key: 'k', value: 'v', extras: new Uint8Array(0) },
    requests.set('k', 'v', { flags: -1 }),
    requests.set('k', 'v', { exptime: -1 }),
    requests.set('k', 'v', { cas: 2 ** 53 }),
    requests.set('k', 'v', { cas: -1 }),
    requests.set('k', 'v', { cas: 2n ** 64n }),
    requests.set('k', 'v', { cas: '5' as never }),
    requests.increment('k', { delta: -1n }),
    requests.increment('k', { delta: 0.5 }),
    requests.verbosity(-1),
  ];
  const writer = new ByteWriter();
  encodeInto(client(), requests.noop(), writer);
  for (const request of bad)
    expect(() => encodeInto(client(), request, writer), inspect(request)).toThrow(/RangeError|failed to encode/);
  expect(writer.takeBytes()).toEqual(encodeMessage(client(), requests.noop()));
  expect(() => encodeMessage(client(), requests.set('k', 5 as never))).toThrow(/a Uint8Array or a ByteView/);
  for (const response of [
    { opcode: 0, status: 65_536 },
    { opcode: 0, flags: -1 },
    { opcode: 5, counter: -1 },
  ]) {
    expect(() => encodeMessage(server(), response)).toThrow(/must be|at most/);
  }
});

test('text has the length that it has as utf-8, whatever stands beside it', () => {
  const texts = ['k', 'ä', '漢字', 'x'.repeat(40) + 'é', '👋'.repeat(20), '\ud800'];
  const values = [...texts, 'ü'.repeat(3000), '', undefined, Buffer.alloc(2000, 5), 'é'.repeat(40_000)];
  const writer = new ByteWriter();
  const expected: Buffer[] = [];
  for (const key of [...texts, Buffer.from('bytes')]) {
    for (const value of values) {
      const [keyBytes, valueBytes] = [key, value].map((body = '') => Buffer.from(body as string));
      const response = { opcode: Opcode.GetK, key, value, flags: 1, cas: 2n };
      encodeInto(server(), response, writer);
      expected.push(encodeMessage(server(), { ...response, key: keyBytes, value: valueBytes }));
      const request = { opcode: Opcode.Append, key, value };
      encodeInto(client(), request, writer);
      expected.push(encodeMessage(client(), { ...request, key: keyBytes, value: valueBytes }));
    }
  }
  expect(writer.takeBytes().equals(Buffer.concat(expected))).toBe(true);
  // Where bytes go by reference and text has as many more bytes than characters.
  const odd = { opcode: Opcode.GetK, key: Buffer.alloc(1024, 1), value: 'é'.repeat(1024) };
  expect(answered(odd).text()).toBe(odd.value);
});

test('a short text is stored as its bytes are, wherever in a slab it comes to lie', () => {
  const characters = 'aZ\u007f\u0080é漢';
  const texts = Array.from({ length: 23 }, (_, n) => 'x'.repeat(n)).concat(Array.from(characters), '漢'.repeat(20));
  const writer = new ByteWriter();
  const expected: Buffer[] = [];
  const fields = { opaque: 0xfffffffe, vbucket: 0xfedc, flags: 0xfffffffd, exptime: 7 };
  for (const key of texts.slice(1)) {
    for (const value of texts) {
      for (const extras of [undefined, new Uint8Array(0), Uint8Array.of(1, 2)]) {
        for (const opcode of [Opcode.Set, Opcode.ReplaceQ, Opcode.Append]) {
          const request = { opcode, key, value, extras, ...fields };
          encodeInto(client(), request, writer);
          expected.push(encodeMessage(client(), { ...request, key: Buffer.from(key), value: Buffer.from(value) }));
        }
      }
    }
  }
  const bytes = Buffer.concat(expected);
  expect(bytes.length).toBeGreaterThan(4 * 64 * 1024);
  expect(writer.takeBytes().equals(bytes)).toBe(true);
  // Of a text that is not ASCII and of numbers that do not fit nothing stays behind.
  expect(() => encodeInto(client(), requests.set('k', 'é', { flags: -1 }), writer)).toThrow(/failed to encode/);
  encodeInto(client(), requests.set('k', 'é'), writer);
  expect(writer.takeBytes()).toEqual(
    bytesOf('80 01 0001 08 00 0000 0000000b 00000000 0000000000000000 0000000000000000 6b c3a9'),
  );
});

describe('opcodes', () => {
  test('quiet ones have a loud one, and the other way round', () => {
    for (const [name, opcode] of Object.entries(Opcode)) {
      const loud = Opcode[name.replace(/Q$/, '') as keyof typeof Opcode];
      expect([name, isQuiet(opcode), loudOpcode(opcode)]).toEqual([name, name.endsWith('Q'), loud]);
      expect(hasKeyInAnswer(opcode)).toBe(/K(Q|$)/.test(name));
      const quiet = (Opcode as Record<string, number>)[`${name.replace(/Q$/, '')}Q`];
      expect(quietOpcode(opcode)).toBe(quiet ?? opcode);
    }
    expect([isQuiet(0x31), loudOpcode(0x31), quietOpcode(0x31)]).toEqual([false, 0x31, 0x31]);
  });

  test('what is not answered', () => {
    const silent = (opcode: number): number[] => Object.values(Status).filter((status) => isSilent(opcode, status));
    for (const opcode of [Opcode.GetQ, Opcode.GetKQ, Opcode.GatQ, Opcode.GatKQ])
      expect(silent(opcode)).toEqual([Status.KeyNotFound]);
    for (const opcode of [
      Opcode.SetQ,
      Opcode.DeleteQ,
      Opcode.IncrementQ,
      Opcode.QuitQ,
      Opcode.FlushQ,
      Opcode.AppendQ,
    ]) {
      expect(silent(opcode)).toEqual([Status.Success]);
    }
    for (const opcode of [Opcode.Get, Opcode.Set, Opcode.Noop, 0x31]) expect(silent(opcode)).toEqual([]);
  });

  test('names and texts', () => {
    expect([opcodeName(Opcode.GatKQ), opcodeName(0x3)]).toEqual(['GatKQ', 'Replace']);
    expect(opcodeName(0xfe)).toBe('opcode 0xfe');
    expect([statusText(Status.KeyNotFound), statusText(Status.Success), statusText(0x99)]).toEqual([
      'Not found',
      '',
      '',
    ]);
  });
});

test('messages are described in words, and credentials are not', () => {
  const set = requests.set('k', 'value', { flags: 1, exptime: 2, cas: 3, opaque: 4 });
  const text = 'Set, "k", flags 1, exptime 2, 5 bytes, cas 3, opaque 4';
  expect(client().describe!(set)).toEqual({ text, secret: false });
  expect(server().describe!(received(set))).toEqual({ text, secret: false });
  const auth = requests.saslAuth('PLAIN', '\0u\0p');
  expect(client().describe!(auth)).toEqual({ text: 'SaslAuth, "PLAIN", 4 bytes', secret: true });
  expect(server().describe!(received(auth))).toEqual({ text: 'SaslAuth, "PLAIN", 4 bytes', secret: true });
  const texts = [
    requests.increment('k', { initial: 5 }),
    requests.touch('k', 9),
    requests.verbosity(1),
    { opcode: 0x30, key: Buffer.from('k'), cas: { casHigh: 1, casLow: 0 } },
  ].map((request) => (client().describe!(request) as Description).text);
  expect(texts).toEqual([
    'Increment, "k", delta 1, initial 5',
    'Touch, "k", exptime 9',
    'Verbosity, level 1',
    'opcode 0x30, "k", cas 4294967296',
  ]);
  const answers = [
    responses.hit({ opcode: Opcode.Get }, 'v', 2),
    responses.miss({ opcode: Opcode.Get }),
    responses.counter({ opcode: Opcode.Increment }, 7),
    responses.failure({ opcode: Opcode.Set }, 0x07),
  ].map((response) => [server().describe!(response), client().describe!(answered(response))] as const);
  for (const [sent, got] of answers.slice(0, 2)) expect(got).toEqual(sent);
  expect(answers.map(([sent]) => (sent as Description).text)).toEqual([
    'Get, ok, flags 2, 1 bytes',
    'Get, Not found, 9 bytes',
    'Increment, ok, counter 7',
    'Set, status 0x07',
  ]);
  const [refused] = decodeAll(server(), bytesOf('80 00 0000 00 00 0000 00000000 00000000 0000000000000000'));
  expect(server().describe!(refused!)).toEqual({ text: 'Get, invalid-arguments', secret: false });
  expect(refused).toBeInstanceOf(BinaryRequest);
});
