import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';

import {
  type Message,
  quasizeroClient,
  quasizeroServer,
  Request,
  type RequestFields,
  Response,
} from '@wirewright/codec-quasizero';
import { ByteReader, ByteView, decodeNext, encodeMessage, InvalidOptionError } from '@wirewright/core/codec';
import { type CodecVector, codecVectors } from '@wirewright/core/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { bytesOf, delimited, type Expected, LIMIT, requestOf, table, varint } from './table.ts';

/** A message by its values. */
function plain(message: RequestFields | Response): Expected {
  const { metadata = {}, payload = '' } = message;
  const entries = metadata instanceof Map ? metadata : Object.entries(metadata);
  return {
    code: 'code' in message ? message.code : 0,
    errorMessage: message instanceof Response ? message.errorMessage : '',
    metadata: Object.fromEntries(entries as Iterable<[string, string]>),
    payload: typeof payload === 'string' ? payload : Buffer.from(payload as Uint8Array).toString('latin1'),
  };
}

const complete = (expected: Expected): Expected => ({
  code: 0,
  errorMessage: '',
  metadata: {},
  payload: '',
  ...expected,
});

function request(fields: Expected): Request {
  const bytes = encodeMessage(quasizeroClient()(), {
    code: fields.code ?? 0,
    metadata: fields.metadata,
    payload: Buffer.from(fields.payload ?? '', 'latin1'),
  });
  return decodeNext(quasizeroServer()(), reader(bytes))!;
}

function response({ errorMessage = '', metadata = {}, payload = '' }: Expected): Response {
  const message = new Response().setError(errorMessage).set(Buffer.from(payload, 'latin1'));
  for (const [key, value] of Object.entries(metadata)) message.setMeta(key, value);
  return message;
}

function reader(bytes: Uint8Array): ByteReader {
  const input = new ByteReader(bytes);
  input.maxFrameLength = LIMIT;
  return input;
}

describe('the observed table', () => {
  const vectors = table.map(({ name, bytes, is, canonical = false }): CodecVector<Request> => {
    // Whoever has a request in front of a bad frame gets it.
    const good = delimited(bytesOf('08 63'));
    return typeof is === 'string'
      ? { name, bytes: Buffer.concat([good, bytes]), messages: [request({ code: 99 })], error: is }
      : { name, bytes, messages: [request(is)], canonical };
  });
  // The end of the input inside a frame is one of the ways in which every vector is cut.
  const cut = new Set(['the end inside a length', 'the end inside a body']);
  const options = { describe: plain, opposite: quasizeroClient() };
  const kept = vectors.filter(({ name }) => !cut.has(name));
  for (const { name, run } of codecVectors('server', quasizeroServer(), kept, options)) test(name, run);

  test.each(table.filter(({ is }) => typeof is !== 'string'))('$name has its values', ({ bytes, is }) => {
    expect(plain(decodeNext(quasizeroServer()(), reader(bytes))!)).toEqual(complete(is as Expected));
  });
});

describe('responses', () => {
  const vectors: CodecVector<Response>[] = [
    { name: 'an empty one is a single byte', bytes: bytesOf('00'), messages: [response({})], canonical: true },
    {
      name: 'every field',
      bytes: bytesOf(`10 0a 02 'no' 12 06 0a 01 'a' 12 01 'b' 1a 02 'hi'`),
      messages: [response({ errorMessage: 'no', metadata: { a: 'b' }, payload: 'hi' })],
      canonical: true,
    },
    {
      name: 'an error twice, and one that is not ASCII',
      bytes: bytesOf(`09 0a 01 'x' 0a 04 'nö!'`),
      messages: [response({ errorMessage: 'nö!' })],
    },
    { name: 'an error as a varint', bytes: bytesOf('02 08 05'), messages: [response({})] },
    { name: 'an error that is not utf-8', bytes: bytesOf('04 0a 02 c3 28'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'one that is too long', bytes: varint(LIMIT + 1), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
  ];
  const options = { describe: plain, opposite: quasizeroServer() };
  for (const { name, run } of codecVectors('client', quasizeroClient(), vectors, options)) test(name, run);
});

describe('the limit', () => {
  test('16 MiB are a message, and one byte more is refused before it is there', () => {
    const most = requestOf(LIMIT);
    expect(most.length).toBe(LIMIT + varint(LIMIT).length);
    const got = decodeNext(quasizeroServer()(), reader(most))!;
    expect([got.code, got.payload.length]).toEqual([2, LIMIT - 7]);
    const over = reader(requestOf(LIMIT + 1).subarray(0, 4));
    expect(() => decodeNext(quasizeroServer()(), over)).toThrow(/16777217 bytes is over the limit of 16777216/);
  });

  test('it holds for what is sent, too, and can be lowered', () => {
    const codec = quasizeroClient({ maxFrameLength: 10 })();
    expect(encodeMessage(codec, { code: 1, payload: 'sixsix' })).toHaveLength(11);
    expect(() => encodeMessage(codec, { code: 1, payload: 'seven..' })).toThrow(/11 bytes is over the limit of 10/);
    expect(() => encodeMessage(quasizeroServer()(), new Response().set(Buffer.alloc(LIMIT)))).toThrow(/over the/);
    expect(() => decodeNext(quasizeroServer({ maxFrameLength: 10 })(), reader(varint(11)))).toThrow(/limit of 10/);
  });

  test('options are checked at once', () => {
    expect(() => quasizeroServer({ maxFrameLength: -1 })).toThrow(InvalidOptionError);
    expect(() => quasizeroClient({ max: 1 } as never)).toThrow(/no option 'max'/);
  });
});

describe('what is sent', () => {
  const encoded = (fields: RequestFields): string => encodeMessage(quasizeroClient()(), fields).toString('hex');

  test('metadata is a Map or an object, and a payload text, bytes or a view', () => {
    const expected = bytesOf(`0e 08 01 12 06 0a 01 'a' 12 01 'b' 1a 02 'hi'`).toString('hex');
    const metadata = { a: 'b' };
    expect(encoded({ code: 1, metadata, payload: 'hi' })).toBe(expected);
    expect(encoded({ code: 1, metadata: new Map([['a', 'b']]), payload: Buffer.from('hi') })).toBe(expected);
    expect(encoded({ code: 1, metadata, payload: new Uint8Array(Buffer.from('hi')) })).toBe(expected);
    expect(encoded({ code: 1, metadata, payload: new ByteView(Buffer.from('ahid'), 1, 3) })).toBe(expected);
  });

  test('defaults are left out', () => {
    expect(encoded({ code: 0 })).toBe('00');
    expect(encoded({ code: 0, metadata: {}, payload: '' })).toBe('00');
    expect(encoded({ code: 0, metadata: undefined, payload: undefined })).toBe('00');
  });

  test('long and foreign texts are measured right', () => {
    for (const text of ['x'.repeat(200), 'ä'.repeat(100), '漢'.repeat(60), '👋'.repeat(5000), 'x'.repeat(30) + 'ä']) {
      const got = decodeNext(
        quasizeroServer()(),
        reader(
          encodeMessage(quasizeroClient()(), {
            code: 1,
            metadata: { [text]: text },
            payload: text,
          }),
        ),
      )!;
      expect(got.metadata.get(text)).toBe(text);
      expect(got.text()).toBe(text);
    }
  });

  test('half a surrogate pair becomes U+FFFD, and not bytes that the peer refuses', () => {
    const codec = quasizeroServer()();
    const bytes = encodeMessage(codec, new Response().setError('\ud800').setMeta('\udc00', 'a\ud800').set('\udc00'));
    const got = decodeNext(quasizeroClient()(), reader(bytes))!;
    expect(plain(got)).toEqual(
      complete({ errorMessage: '\ufffd', metadata: { '\ufffd': 'a\ufffd' }, payload: '\xef\xbf\xbd' }),
    );
  });

  test('a code that is no 32-bit integer is refused', () => {
    for (const code of [1.5, 2 ** 31, -(2 ** 31) - 1, NaN, '1' as never, undefined as never]) {
      expect(() => encoded({ code })).toThrow(/a code is a signed 32-bit integer/);
    }
  });

  test('metadata that is no text, and a payload that is neither text nor bytes, are refused', () => {
    expect(() => encoded({ code: 1, metadata: { a: 1 } as never })).toThrow(/text is to be written as a string/);
    expect(() => encoded({ code: 1, metadata: new URLSearchParams('a=b') as never })).toThrow(
      /a Map or a plain object/,
    );
    expect(() => encoded({ code: 1, payload: 5 as never })).toThrow(/a body is text, a Uint8Array or a ByteView/);
    expect(() => encoded({ code: 1, payload: [1, 2] as never })).toThrow(/a body is text/);
  });

  test('a message that was received can be sent on', () => {
    const fields = { code: -5, metadata: { a: 'b', c: 'ä' }, payload: 'hi' };
    const bytes = encodeMessage(quasizeroClient()(), fields);
    expect(encodeMessage(quasizeroClient()(), request(fields))).toEqual(bytes);
    expect(() => encoded(Object.assign({}, request(fields), { code: 1 }))).toThrow(
      /a copy of a request lacks its payload/,
    );
    const answer = encodeMessage(quasizeroServer()(), response({ ...fields, errorMessage: 'no' }));
    const received = decodeNext(quasizeroClient()(), reader(answer))!;
    expect(encodeMessage(quasizeroServer()(), received)).toEqual(answer);
  });
});

describe('what was received', () => {
  test('a key may be anything, and pollutes nothing', () => {
    const metadata = new Map([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['', 'z'],
    ]);
    const bytes = encodeMessage(quasizeroClient()(), { code: 1, metadata });
    const got = decodeNext(quasizeroServer()(), reader(bytes))!;
    expect(new Map(got.metadata)).toEqual(metadata);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test('what has no metadata shares an empty Map that cannot be filled', () => {
    const { metadata } = request({ code: 1 });
    expect(metadata.size).toBe(0);
    expect(() => (metadata as Map<string, string>).set('a', 'b')).toThrow(/setMeta/);
    expect(request({ code: 2 }).metadata.size).toBe(0);
  });

  test('payload and metadata are made once', () => {
    const got = request({ metadata: { a: 'b' }, payload: 'hi' });
    expect(got.payload).toBe(got.payload);
    expect(got.metadata).toBe(got.metadata);
    expect(got.text()).toBe('hi');
  });

  test('retained, it owns its bytes: those around it are not kept, and may change', () => {
    const frame = encodeMessage(quasizeroClient()(), { code: 1, metadata: { a: 'b' }, payload: 'hi' });
    const chunk = Buffer.alloc(64 * 1024);
    frame.copy(chunk);
    for (const look of [false, true]) {
      const bytes = Buffer.from(chunk);
      const got = decodeNext(quasizeroServer()(), reader(bytes))!;
      if (look) expect(got.text()).toBe('hi');
      expect(got.retain()).toBe(got);
      bytes.fill(0);
      expect(got.payload.buffer.byteLength).toBeLessThan(100);
      expect(plain(got)).toEqual(complete({ code: 1, metadata: { a: 'b' }, payload: 'hi' }));
    }
  });

  test('as JSON, and on the console, it shows what is in it and nothing of what lies around', () => {
    const codec = quasizeroClient()();
    const frames = [
      { code: 1, metadata: { a: 'b' }, payload: 'hi' },
      { code: 2, payload: 'SECRET' },
    ];
    const input = reader(Buffer.concat(frames.map((frame) => encodeMessage(codec, frame))));
    const got = decodeNext(quasizeroServer()(), input)!;
    const hi = { type: 'Buffer', data: [104, 105] };
    expect(JSON.parse(JSON.stringify(got))).toEqual({ code: 1, metadata: { a: 'b' }, payload: hi });
    expect(inspect(got)).toBe("{ code: 1, metadata: { a: 'b' }, payload: <Buffer 68 69> }");
    expect(JSON.stringify(new Response().setError('no'))).toContain('"errorMessage":"no"');
  });

  test('an Error without a text is told by its name', () => {
    expect(new Response().setError(new TypeError('')).errorMessage).toBe('TypeError');
  });

  test('types', () => {
    expectTypeOf<Request>().toExtend<RequestFields>();
    expectTypeOf<Response>().toExtend<Message>();
    expectTypeOf<Request['metadata']>().toEqualTypeOf<ReadonlyMap<string, string>>();
  });
});

test('messages are described in words', () => {
  const server = quasizeroServer()();
  expect(server.describe!(request({ code: -3, metadata: { a: 'b' }, payload: 'hi' }))).toEqual({
    text: 'command -3, { "a": "b" }, 2 bytes',
    secret: false,
  });
  expect(server.describe!(response({ payload: 'hi' }))).toEqual({ text: 'ok, 2 bytes', secret: false });
  expect(quasizeroClient()().describe!(response({ errorMessage: 'no' }))).toEqual({
    text: 'error "no", 0 bytes',
    secret: false,
  });
  expect(quasizeroClient()().describe!({ code: 1 })).toEqual({ text: 'command 1, 0 bytes', secret: false });
});
